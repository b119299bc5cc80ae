using System.Text.Json;

namespace Nemotron.Engines.Clients;

/// <summary>Fields of an engine's JSON that may be missing or of another kind than expected: then they are unknown.</summary>
internal static class JsonRead
{
    public static string? Text(this JsonElement json, string name) => Field(json, name, JsonValueKind.String)?.GetString();

    public static long? Number(this JsonElement json, string name) =>
        Field(json, name, JsonValueKind.Number) is { } field && field.TryGetInt64(out var value) ? value : null;

    public static IEnumerable<JsonElement> Items(this JsonElement json, string name) =>
        Field(json, name, JsonValueKind.Array) is { } field ? field.EnumerateArray() : Enumerable.Empty<JsonElement>();

    private static JsonElement? Field(JsonElement json, string name, JsonValueKind kind) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var field) && field.ValueKind == kind ? field : null;
}
