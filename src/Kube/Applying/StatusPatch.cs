using System.Text.Json.Nodes;

namespace Nemotron.Kube;

/// <summary>
/// A change of a status as a JSON patch (RFC 6902) that holds for one object only. A uid in a merge patch would not do: the API server takes nothing but the status from a patch
/// of a custom resource's status, so that a new object of the same name would get what was meant for the old one.
/// </summary>
internal static class StatusPatch
{
    /// <summary>The operations, after a test of the uid.</summary>
    /// <param name="uid">Whose status it is.</param>
    /// <param name="version">The version at which there is no status yet: an absent status cannot be tested for.</param>
    /// <param name="status">The status as known; null when there is none.</param>
    /// <param name="change">What changes, as a merge patch of the status.</param>
    internal static JsonArray Operations(string? uid, string? version, JsonObject? status, JsonObject change)
    {
        var operations = new JsonArray(Operation("test", "/metadata/uid", uid));
        if (status is null)
        {
            operations.Add(Operation("test", "/metadata/resourceVersion", version));
            operations.Add(Operation("add", "/status", Present(change)));
        }
        else
        {
            Descend(operations, "/status", status, change);
        }

        return operations;
    }

    private static void Descend(JsonArray operations, string parent, JsonObject status, JsonObject change)
    {
        foreach (var (key, value) in change)
        {
            var path = $"{parent}/{key.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";
            switch (value)
            {
                case null when status.ContainsKey(key):
                    operations.Add(new JsonObject { ["op"] = "remove", ["path"] = path });
                    break;
                case null:
                    break;
                case JsonObject inner when status[key] is JsonObject there:
                    Descend(operations, path, there, inner);
                    break;
                default:
                    operations.Add(Operation("add", path, Present(value)));
                    break;
            }
        }
    }

    /// <summary>As a merge patch leaves it where nothing was: without members that are null.</summary>
    private static JsonNode Present(JsonNode value) => value is JsonObject members
        ? new JsonObject(members.Where(m => m.Value is not null).Select(m => KeyValuePair.Create(m.Key, (JsonNode?)Present(m.Value!))))
        : value.DeepClone();

    private static JsonObject Operation(string op, string path, JsonNode? value) => new() { ["op"] = op, ["path"] = path, ["value"] = value };
}
