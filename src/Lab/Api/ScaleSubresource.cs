using System.Globalization;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Api;

/// <summary>The <c>scale</c> view of an object: <c>autoscaling/v1 Scale</c>.</summary>
internal static class ScaleSubresource
{
    /// <exception cref="ApiException">500 when the object has no replica count where the CRD says it is, as the real server answers.</exception>
    public static JsonObject Show(JsonObject obj, ServedResource resource, bool require = true)
    {
        var paths = resource.Scale!;
        long? replicas = At(obj, paths.SpecReplicas).Integer();
        if (replicas is null && require && resource.Custom)
            throw ApiErrors.InternalError($"the spec replicas field \"{paths.SpecReplicas}\" does not exist");
        var metadata = new JsonObject { ["name"] = obj.Name() };
        foreach (string field in (string[])["namespace", "uid", "resourceVersion", "creationTimestamp"])
        {
            if (obj["metadata"]?[field] is { } value) metadata[field] = value.DeepClone();
        }
        var status = new JsonObject { ["replicas"] = At(obj, paths.StatusReplicas).Integer() ?? 0 };
        if (Selector(obj, paths) is { Length: > 0 } selector) status["selector"] = selector;
        var spec = new JsonObject();
        if (replicas is not null) spec["replicas"] = replicas;
        return new JsonObject { ["kind"] = "Scale", ["apiVersion"] = "autoscaling/v1", ["metadata"] = metadata, ["spec"] = spec, ["status"] = status };
    }

    /// <summary>Carries a scale's replica count and resource version over to the object.</summary>
    public static JsonObject Apply(JsonObject obj, JsonObject scale, ServedResource resource)
    {
        long replicas = scale["spec"]?["replicas"].Integer() ?? 0;
        if (!resource.Custom && replicas < 0)
        {
            throw ApiErrors.Invalid("autoscaling", "Scale", obj.Name(), [new("spec.replicas", "FieldValueInvalid",
                $"Invalid value: {replicas.ToString(CultureInfo.InvariantCulture)}: must be greater than or equal to 0")]);
        }
        Set(obj, resource.Scale!.SpecReplicas, replicas);
        if (scale["metadata"]?["resourceVersion"].Text() is { Length: > 0 } rv) obj.Metadata()["resourceVersion"] = rv;
        if (scale["metadata"]?["uid"].Text() is { Length: > 0 } uid) obj.Metadata()["uid"] = uid;
        return obj;
    }

    /// <summary>What the scale paths of a CRD demand of its objects.</summary>
    public static IEnumerable<StatusCause> Validate(JsonObject obj, ScalePaths paths)
    {
        foreach (string path in (string[])[paths.SpecReplicas, paths.StatusReplicas])
        {
            if (At(obj, path).Integer() is not { } replicas) continue;
            string text = replicas.ToString(CultureInfo.InvariantCulture);
            if (replicas < 0) yield return new(path, "FieldValueInvalid", $"Invalid value: {text}: should be a non-negative integer");
            if (replicas > int.MaxValue) yield return new(path, "FieldValueInvalid", $"Invalid value: {text}: should be less than or equal to {int.MaxValue}");
        }
    }

    /// <summary>The node at a dotted path, or null.</summary>
    public static JsonNode? At(JsonObject obj, string path)
    {
        JsonNode? node = obj;
        foreach (string step in path.TrimStart('.').Split('.')) node = (node as JsonObject)?[step];
        return node;
    }

    private static void Set(JsonObject obj, string path, long value)
    {
        string[] steps = path.TrimStart('.').Split('.');
        var target = obj;
        foreach (string step in steps[..^1])
        {
            if (target[step] is not JsonObject child) target[step] = child = [];
            target = child;
        }
        target[steps[^1]] = value;
    }

    private static string? Selector(JsonObject obj, ScalePaths paths)
    {
        if (paths.LabelSelector is null) return null;
        var node = At(obj, paths.LabelSelector);
        if (node is not JsonObject selector) return node.Text();
        var labels = selector["matchLabels"] as JsonObject;
        var terms = (labels ?? []).OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value.Text()}").ToList();
        foreach (var expression in selector["matchExpressions"] as JsonArray ?? [])
        {
            string values = string.Join(",", (expression?["values"] as JsonArray ?? []).Select(v => v.Text()).Order(StringComparer.Ordinal));
            string key = expression?["key"].Text() ?? "";
            terms.Add(expression?["operator"].Text() switch
            {
                "In" => $"{key} in ({values})",
                "NotIn" => $"{key} notin ({values})",
                "Exists" => key,
                _ => $"!{key}",
            });
        }
        return string.Join(",", terms);
    }
}
