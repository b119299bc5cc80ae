using System.Globalization;
using System.Text.Json.Nodes;
using Nemotron.Lab.Kinds;
using Nemotron.Lab.Patching;

namespace Nemotron.Lab.Api;

/// <summary>The <c>scale</c> view of an object: <c>autoscaling/v1 Scale</c>.</summary>
internal static class ScaleSubresource
{
    /// <summary>The version of every scale, whatever it is the scale of.</summary>
    public const string ApiVersion = "autoscaling/v1";

    /// <exception cref="ApiException">500 when the object has no replica count where the CRD says it is, as the real server answers.</exception>
    public static JsonObject Show(JsonObject obj, ServedResource resource, bool require = true)
    {
        if (!resource.Custom) return WorkloadScale.Read(obj);
        var paths = resource.Scale!;
        long? replicas = At(obj, paths.SpecReplicas).Integer();
        if (replicas is null && require)
            throw ApiErrors.InternalError($"the spec replicas field \"{paths.SpecReplicas}\" does not exist");
        var metadata = new JsonObject { ["name"] = obj.Name() };
        foreach (string field in (string[])["namespace", "uid", "resourceVersion", "creationTimestamp"])
        {
            if (obj["metadata"]?[field] is { } value) metadata[field] = value.DeepClone();
        }
        var status = new JsonObject { ["replicas"] = At(obj, paths.StatusReplicas).Integer() ?? 0 };
        if (paths.LabelSelector is { } path && At(obj, path).Text() is { Length: > 0 } selector) status["selector"] = selector;
        var spec = new JsonObject();
        if (replicas is not null) spec["replicas"] = replicas;
        return new JsonObject { ["kind"] = "Scale", ["apiVersion"] = ApiVersion, ["metadata"] = metadata, ["spec"] = spec, ["status"] = status };
    }

    /// <summary>
    /// Changes an object through its scale: the scale as it is, with those who manage its replicas, goes through
    /// <paramref name="change"/>; the replicas and their managers come back to the object.
    /// </summary>
    /// <param name="live">A copy of the object, which is altered and returned.</param>
    /// <param name="resource">Its resource.</param>
    /// <param name="change">From the scale to the scale that is wanted; it keeps <c>managedFields</c>.</param>
    public static JsonObject Change(JsonObject live, ServedResource resource, Func<JsonObject, JsonObject> change)
    {
        var path = FieldSet.OfFields(resource.Scale!.SpecReplicas.TrimStart('.'));
        var parents = ManagedEntry.Read(live["metadata"]?["managedFields"]);
        var scale = Show(live, resource, require: false);
        ManagedFields.Attach(scale, ScaleManagedFields.ToScale(parents, path));
        var changed = change(scale);
        var entries = ScaleManagedFields.ToParent(parents, ManagedEntry.Read(changed["metadata"]?["managedFields"]), path, resource.ApiVersion);
        Set(live, changed, resource);
        ManagedFields.Attach(live, entries);
        return live;
    }

    /// <summary>A changed scale with its managers recorded, for writes that are not applies.</summary>
    public static JsonObject Record(JsonObject before, JsonObject after, WriteRequest request, DateTimeOffset now) =>
        ManagedFields.RecordUpdate(before, after, BuiltinKinds.Scale, request.FieldManager, ApiVersion, "scale", now);

    private static void Set(JsonObject obj, JsonObject scale, ServedResource resource)
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
}
