using System.Text.Json.Nodes;

namespace Nemotron.Kube;

/// <summary>The merge patch (RFC 7386) from one JSON object to another.</summary>
internal static class MergePatch
{
    /// <summary>The smallest patch that makes <paramref name="current"/> what <paramref name="desired"/> is; null when it is that already.</summary>
    internal static JsonObject? Between(JsonObject? current, JsonObject? desired)
    {
        var patch = new JsonObject();
        foreach (var (key, value) in desired ?? [])
        {
            if (value is null)
            {
                continue;
            }

            var before = current?[key];
            if (value is JsonObject after && before is JsonObject old)
            {
                if (Between(old, after) is { } inner)
                {
                    patch[key] = inner;
                }
            }
            else if (!JsonNode.DeepEquals(before, value))
            {
                patch[key] = value.DeepClone();
            }
        }

        foreach (var (key, value) in current ?? [])
        {
            if (value is not null && desired?[key] is null)
            {
                patch[key] = null;
            }
        }

        return patch.Count == 0 ? null : patch;
    }
}
