using System.Text.Json.Nodes;

namespace Nemotron.Lab.Schema;

/// <summary>Forgiving reads of a CRD's JSON: what is absent or of another type reads as empty.</summary>
internal static class CrdJson
{
    /// <summary>A string.</summary>
    public static string Text(JsonNode? json, string key) =>
        json is JsonObject o && o[key] is JsonValue v && v.TryGetValue<string>(out var text) ? text : "";

    /// <summary>A boolean.</summary>
    public static bool Flag(JsonNode? json, string key) => json is JsonObject o && o[key] is JsonValue v && v.TryGetValue<bool>(out var flag) && flag;

    /// <summary>A list.</summary>
    public static IReadOnlyList<JsonNode?> List(JsonNode? json, string key) => json is JsonObject o && o[key] is JsonArray list ? [.. list] : [];

    /// <summary>The strings of a list.</summary>
    public static IReadOnlyList<string> Texts(JsonNode? json, string key) =>
        [.. List(json, key).OfType<JsonValue>().Select(v => v.TryGetValue<string>(out var text) ? text : "")];

    /// <summary>An object.</summary>
    public static JsonObject? Object(JsonNode? json, string key) => json is JsonObject o ? o[key] as JsonObject : null;

    /// <summary>
    /// The value that all versions share, or null when they differ: the server lifts it to the top before it validates, and its paths then say so.
    /// </summary>
    public static JsonNode? Shared(IReadOnlyList<JsonNode?> versions, string key)
    {
        if (versions.Count == 0 || versions[0] is not JsonObject first || first[key] is not { } value) return null;
        return versions.All(v => v is JsonObject o && JsonNode.DeepEquals(o[key], value)) ? value : null;
    }
}
