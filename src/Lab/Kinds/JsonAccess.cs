using System.Text.Json;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Kinds;

/// <summary>Reads and fills JSON objects without minding what is absent or of another type.</summary>
internal static class JsonAccess
{
    /// <summary>The object at the path, or null.</summary>
    public static JsonObject? ObjectAt(this JsonNode? node, params ReadOnlySpan<string> path) => At(node, path) as JsonObject;

    /// <summary>The text at the path, or null.</summary>
    public static string? TextAt(this JsonNode? node, params ReadOnlySpan<string> path) =>
        At(node, path) is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    /// <summary>The whole number at the path, or null.</summary>
    public static long? NumberAt(this JsonNode? node, params ReadOnlySpan<string> path) =>
        At(node, path) is JsonValue value && value.GetValueKind() == JsonValueKind.Number && long.TryParse(value.ToJsonString(), out var number) ? number : null;

    /// <summary>Whether the value at the path is <c>true</c>.</summary>
    public static bool IsTrueAt(this JsonNode? node, params ReadOnlySpan<string> path) => At(node, path) is JsonValue value && value.GetValueKind() == JsonValueKind.True;

    /// <summary>The value at the path, or null.</summary>
    public static JsonNode? At(this JsonNode? node, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            node = node is JsonObject fields ? fields[name] : null;
        }
        return node;
    }

    /// <summary>The objects in the list at the path; none when there is no list.</summary>
    public static IEnumerable<JsonObject> ObjectsAt(this JsonNode? node, params ReadOnlySpan<string> path) =>
        (At(node, path) as JsonArray ?? []).OfType<JsonObject>();

    /// <summary>The texts in the list at the path; none when there is no list.</summary>
    public static IEnumerable<string> TextsAt(this JsonNode? node, params ReadOnlySpan<string> path) =>
        (At(node, path) as JsonArray ?? []).Select(item => item.TextAt()).OfType<string>();

    /// <summary>The entries of a map of texts at the path, in key order.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> EntriesAt(this JsonNode? node, params ReadOnlySpan<string> path) =>
        [.. (At(node, path) as JsonObject ?? [])
            .Where(entry => entry.Value.TextAt() is not null)
            .Select(entry => KeyValuePair.Create(entry.Key, entry.Value.TextAt()!))
            .OrderBy(entry => entry.Key, StringComparer.Ordinal)];

    /// <summary>A number that reads back as any numeric type, as parsed ones do; a <c>JsonValue</c> made of an int would refuse to be read as a long.</summary>
    public static JsonNode Number(long value) => JsonValue.Create(JsonSerializer.SerializeToElement(value))!;

    /// <summary>The object in the field, made if absent.</summary>
    public static JsonObject Ensure(this JsonObject obj, string name)
    {
        if (obj[name] is not JsonObject below) obj[name] = below = [];
        return below;
    }

    /// <summary>Sets the field if it is absent or null.</summary>
    public static void Fill(this JsonObject obj, string name, JsonNode value)
    {
        if (obj[name] is null) obj[name] = value;
    }

    /// <summary>Sets the field to a number if it is absent or null.</summary>
    public static void Fill(this JsonObject obj, string name, long value)
    {
        if (obj[name] is null) obj[name] = Number(value);
    }

    /// <summary>Puts a copy of another object's field in place, or removes the field when the other has none.</summary>
    public static void CopyFrom(this JsonObject obj, string name, JsonObject? other)
    {
        if (other is not null && other.TryGetPropertyValue(name, out var value)) obj[name] = value?.DeepClone();
        else obj.Remove(name);
    }
}
