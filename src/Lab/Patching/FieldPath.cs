using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Patching;

/// <summary>Path elements in the notation of <c>fieldsV1</c>, and paths as conflict messages print them.</summary>
internal static class FieldPath
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The element of an object's field or a map's key.</summary>
    public static string Field(string name) => "f:" + name;

    /// <summary>
    /// The element of an item in a granular list: <c>k:{…}</c> by its keys (a missing key takes its default), <c>v:…</c> by its value,
    /// or null when the item has no key at all.
    /// </summary>
    public static string? Item(StructuralSchema list, JsonNode? item)
    {
        if (list.ListType != ListType.Map) return "v:" + Json(item);
        if (item is not JsonObject fields) return null;
        var keys = new SortedDictionary<string, JsonNode>(StringComparer.Ordinal);
        foreach (var key in list.ListMapKeys)
        {
            var value = fields[key] ?? list.Items?.Properties.GetValueOrDefault(key)?.Default;
            if (value is not null) keys[key] = value;
        }
        if (keys.Count == 0) return null;
        var text = new StringBuilder("k:{");
        foreach (var (key, value) in keys)
        {
            if (text.Length > 3) text.Append(',');
            text.Append(JsonSerializer.Serialize(key, Plain)).Append(':').Append(Json(value));
        }
        return text.Append('}').ToString();
    }

    /// <summary>The element of an item that has no key: its place. Only ever met in objects stored before their schema changed.</summary>
    public static string Index(int index) => $"i:{index}";

    /// <summary>A path as the server prints it: <c>.spec.items[key="x"].value</c>, <c>.spec.tags[="t1"]</c>.</summary>
    public static string Print(IEnumerable<string> path)
    {
        var text = new StringBuilder();
        foreach (var element in path) text.Append(Print(element));
        return text.ToString();
    }

    private static string Print(string element)
    {
        var body = element[2..];
        switch (element[0])
        {
            case 'f': return "." + body;
            case 'v': return $"[={body}]";
            case 'i': return $"[{body}]";
            default:
                var keys = JsonNode.Parse(body)!.AsObject().OrderBy(key => key.Key, StringComparer.Ordinal);
                return "[" + string.Join(',', keys.Select(key => $"{key.Key}={Json(key.Value)}")) + "]";
        }
    }

    /// <summary>Compact JSON with nothing escaped that need not be.</summary>
    public static string Json(JsonNode? value) => value is null ? "null" : value.ToJsonString(Plain);
}
