using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers.Workloads;

/// <summary>Pods made from a workload's template, and names made from the template's content.</summary>
internal static class PodTemplates
{
    /// <summary>The label that tells ReplicaSets of one Deployment apart.</summary>
    public const string HashLabel = "pod-template-hash";

    // The alphabet of generated names: no vowels, so that no words come out.
    private const string SafeAlphabet = "bcdfghjklmnpqrstvwxz2456789";

    /// <summary>An owner reference by which <paramref name="owner"/> controls another object.</summary>
    public static JsonObject ControllerReference(JsonObject owner, string apiVersion, string kind) => new()
    {
        ["apiVersion"] = apiVersion,
        ["kind"] = kind,
        ["name"] = owner.Name(),
        ["uid"] = owner.Uid(),
        ["controller"] = true,
        ["blockOwnerDeletion"] = true,
    };

    /// <summary>A pod from <c>spec.template</c> of its owner, without a name.</summary>
    public static JsonObject NewPod(JsonObject owner, string apiVersion, string kind) => NewPod(owner, owner.Obj("spec", "template"), apiVersion, kind);

    /// <summary>A pod from a template, without a name.</summary>
    public static JsonObject NewPod(JsonObject owner, JsonObject? template, string apiVersion, string kind)
    {
        var metadata = new JsonObject { ["namespace"] = owner.Namespace() };
        foreach (var part in (ReadOnlySpan<string>)["labels", "annotations", "finalizers"])
        {
            if (template.At("metadata", part) is { } given) metadata[part] = given.DeepClone();
        }

        metadata["ownerReferences"] = new JsonArray(ControllerReference(owner, apiVersion, kind));
        return new()
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = metadata,
            ["spec"] = template.At("spec")?.DeepClone() ?? new JsonObject(),
        };
    }

    /// <summary>
    /// The hash that names a template: FNV-1a over its canonical JSON, spelled in the safe alphabet. The value differs from a real
    /// cluster's, which hashes Go's own printing of the struct; only its stability matters.
    /// </summary>
    public static string Hash(JsonNode? template, long collisions)
    {
        var canonical = new StringBuilder();
        Canonical(template, canonical);
        if (collisions > 0) canonical.Append(CultureInfo.InvariantCulture, $"#{collisions}");
        var hash = 2166136261u;
        foreach (var b in Encoding.UTF8.GetBytes(canonical.ToString())) hash = (hash ^ b) * 16777619u;
        return string.Concat(hash.ToString(CultureInfo.InvariantCulture).Select(digit => SafeAlphabet[digit % SafeAlphabet.Length]));
    }

    /// <summary>Whether two templates say the same, the hash label apart.</summary>
    public static bool Same(JsonNode? left, JsonNode? right) => JsonNode.DeepEquals(WithoutHash(left), WithoutHash(right));

    private static JsonNode? WithoutHash(JsonNode? template)
    {
        if (template.At("metadata", "labels", HashLabel) is null) return template;
        var copy = template!.DeepClone();
        copy.Obj("metadata", "labels")!.Remove(HashLabel);
        return copy;
    }

    private static void Canonical(JsonNode? node, StringBuilder into)
    {
        switch (node)
        {
            case JsonObject obj:
                into.Append('{');
                foreach (var (name, value) in obj.OrderBy(entry => entry.Key, StringComparer.Ordinal))
                {
                    if (value is null) continue;
                    into.Append(name).Append(':');
                    Canonical(value, into);
                    into.Append(',');
                }

                into.Append('}');
                break;
            case JsonArray list:
                into.Append('[');
                foreach (var item in list)
                {
                    Canonical(item, into);
                    into.Append(',');
                }

                into.Append(']');
                break;
            default:
                into.Append(node?.ToJsonString() ?? "null");
                break;
        }
    }
}
