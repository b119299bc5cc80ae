using System.Globalization;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers;

/// <summary>Reads fields of served objects without typed models; an absent or differently typed field reads as null.</summary>
internal static class ObjectFields
{
    /// <summary>The node at a path of property names, or null.</summary>
    public static JsonNode? At(this JsonNode? node, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (node is not JsonObject obj || !obj.TryGetPropertyValue(name, out node)) return null;
        }

        return node;
    }

    /// <summary>The object at a path, or null.</summary>
    public static JsonObject? Obj(this JsonNode? node, params ReadOnlySpan<string> path) => node.At(path) as JsonObject;

    /// <summary>The objects of the list at a path; empty when absent.</summary>
    public static IEnumerable<JsonObject> Items(this JsonNode? node, params ReadOnlySpan<string> path) =>
        node.At(path) is JsonArray list ? list.OfType<JsonObject>() : [];

    /// <summary>The strings of the list at a path; empty when absent.</summary>
    public static IEnumerable<string> Texts(this JsonNode? node, params ReadOnlySpan<string> path) =>
        node.At(path) is JsonArray list ? list.Select(item => item.Text()).OfType<string>() : [];

    /// <summary>The string at a path, or null.</summary>
    public static string? Text(this JsonNode? node, params ReadOnlySpan<string> path) =>
        node.At(path) is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    /// <summary>The whole number at a path, or null. JSON numbers may be backed by any CLR number.</summary>
    public static long? Whole(this JsonNode? node, params ReadOnlySpan<string> path)
    {
        if (node.At(path) is not JsonValue value) return null;
        if (value.TryGetValue<long>(out var whole)) return whole;
        if (value.TryGetValue<int>(out var small)) return small;
        return value.TryGetValue<double>(out var real) ? (long)real : null;
    }

    /// <summary>The boolean at a path; false when absent.</summary>
    public static bool Flag(this JsonNode? node, params ReadOnlySpan<string> path) =>
        node.At(path) is JsonValue value && value.TryGetValue<bool>(out var flag) && flag;

    /// <summary>The RFC 3339 time at a path, or null.</summary>
    public static DateTimeOffset? Time(this JsonNode? node, params ReadOnlySpan<string> path) =>
        node.Text(path) is { } text
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : null;

    /// <summary><c>metadata.name</c>.</summary>
    public static string Name(this JsonObject obj) => obj.Text("metadata", "name") ?? "";

    /// <summary><c>metadata.namespace</c>, or null for cluster scope.</summary>
    public static string? Namespace(this JsonObject obj) => obj.Text("metadata", "namespace") is { Length: > 0 } ns ? ns : null;

    /// <summary><c>metadata.uid</c>.</summary>
    public static string Uid(this JsonObject obj) => obj.Text("metadata", "uid") ?? "";

    /// <summary><c>metadata.resourceVersion</c> as a number; 0 when absent.</summary>
    public static long Version(this JsonObject obj) =>
        long.TryParse(obj.Text("metadata", "resourceVersion"), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0;

    /// <summary><c>metadata.generation</c>; 0 when absent.</summary>
    public static long Generation(this JsonObject obj) => obj.Whole("metadata", "generation") ?? 0;

    /// <summary><c>metadata.creationTimestamp</c>; the epoch's start when absent.</summary>
    public static DateTimeOffset Created(this JsonObject obj) => obj.Time("metadata", "creationTimestamp") ?? DateTimeOffset.MinValue;

    /// <summary>Whether a deletion has been asked for.</summary>
    public static bool IsDeleting(this JsonObject obj) => obj.At("metadata", "deletionTimestamp") is not null;

    /// <summary>A label's value, or null.</summary>
    public static string? Label(this JsonObject obj, string key) => obj.Text("metadata", "labels", key);

    /// <summary>An annotation's value, or null.</summary>
    public static string? Annotation(this JsonObject obj, string key) => obj.Text("metadata", "annotations", key);

    /// <summary>The owner reference with <c>controller: true</c>, or null.</summary>
    public static JsonObject? ControllerRef(this JsonObject obj)
    {
        foreach (var owner in obj.Items("metadata", "ownerReferences"))
        {
            if (owner.Flag("controller")) return owner;
        }

        return null;
    }

    /// <summary>The uid of the controlling owner, or null.</summary>
    public static string? ControllerUid(this JsonObject obj) => obj.ControllerRef().Text("uid");

    /// <summary>A deep copy that may be changed and handed back to the API.</summary>
    public static JsonObject Copy(this JsonObject obj) => (JsonObject)obj.DeepClone();

    /// <summary>The object at a property, made when absent. Only for objects that are the caller's own.</summary>
    public static JsonObject Ensure(this JsonObject obj, string property)
    {
        if (obj[property] is JsonObject there) return there;
        var made = new JsonObject();
        obj[property] = made;
        return made;
    }

    /// <summary>Sets a count of a status. Zero is left out, as the typed server leaves it out.</summary>
    public static void SetCount(this JsonObject status, string field, int count)
    {
        if (count > 0) status[field] = count;
    }

    /// <summary>A time as <c>metav1.Time</c> prints it: UTC, whole seconds.</summary>
    public static string Stamp(this DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>A time as <c>metav1.MicroTime</c> prints it.</summary>
    public static string MicroStamp(this DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'.'ffffff'Z'", CultureInfo.InvariantCulture);
}
