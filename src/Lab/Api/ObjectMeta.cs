using System.Globalization;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Api;

/// <summary>Reading <c>metadata</c> out of an object's tree.</summary>
internal static class ObjectMeta
{
    public static JsonObject Metadata(this JsonObject obj)
    {
        if (obj["metadata"] is JsonObject metadata) return metadata;
        metadata = [];
        obj["metadata"] = metadata;
        return metadata;
    }

    public static string Name(this JsonObject obj) => obj.MetaText("name") ?? "";

    public static string? Namespace(this JsonObject obj) => obj.MetaText("namespace");

    public static string? Uid(this JsonObject obj) => obj.MetaText("uid");

    public static string? ResourceVersion(this JsonObject obj) => obj.MetaText("resourceVersion");

    public static bool IsDeleting(this JsonObject obj) => obj["metadata"]?["deletionTimestamp"] is not null;

    public static long Generation(this JsonObject obj) => obj["metadata"]?["generation"].Integer() ?? 0;

    public static IReadOnlyList<string> Finalizers(this JsonObject obj) =>
        obj["metadata"]?["finalizers"] is JsonArray array ? [.. array.Select(f => f.Text() ?? "")] : [];

    public static string? MetaText(this JsonObject obj, string field) => (obj["metadata"] as JsonObject)?[field].Text() is { Length: > 0 } text ? text : null;

    /// <summary>The string a node holds, or null when it is none.</summary>
    public static string? Text(this JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    /// <summary>The whole number a node holds, or null when it is none.</summary>
    public static long? Integer(this JsonNode? node)
    {
        if (node is not JsonValue value) return null;
        if (value.TryGetValue(out long number)) return number;
        if (value.TryGetValue(out int small)) return small;
        if (value.TryGetValue(out double real) && Math.Floor(real) == real && Math.Abs(real) < 1e15) return (long)real;
        return null;
    }

    /// <summary>A <c>metav1.Time</c>: UTC, whole seconds.</summary>
    public static string Timestamp(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static void SetFinalizers(JsonObject obj, IReadOnlyList<string> finalizers)
    {
        if (finalizers.Count == 0) obj.Metadata().Remove("finalizers");
        else obj.Metadata()["finalizers"] = new JsonArray([.. finalizers.Select(f => (JsonNode)f)]);
    }
}
