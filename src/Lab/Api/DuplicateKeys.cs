using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nemotron.Lab.Storage;

namespace Nemotron.Lab.Api;

/// <summary>Keys that stand twice in one JSON object: found by path for strict decoding, and dropped but for the last.</summary>
internal static class DuplicateKeys
{
    /// <summary>The dotted paths of keys seen again, such as <c>spec.tp</c>. A pure scan without building a tree.</summary>
    /// <exception cref="JsonException">The text is not JSON.</exception>
    public static IReadOnlyList<string> Find(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 512 });
        var found = new List<string>();
        var frames = new Stack<Frame>();
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject: frames.Push(new Frame([])); break;
                case JsonTokenType.StartArray: frames.Push(new Frame(null)); break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray: frames.Pop(); Count(frames); break;
                case JsonTokenType.PropertyName:
                    var frame = frames.Peek();
                    frame.Key = reader.GetString()!;
                    if (!frame.Keys!.Add(frame.Key)) found.Add(Path(frames));
                    break;
                default: Count(frames); break;
            }
        }
        return found;
    }

    /// <summary>The same JSON with only the last of each repeated key.</summary>
    public static byte[] WithoutFirst(byte[] json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 512 });
        return StoredObject.Serialise(Tree(document.RootElement)!);
    }

    private static JsonNode? Tree(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var obj = new JsonObject();
                foreach (var property in element.EnumerateObject()) obj[property.Name] = Tree(property.Value);
                return obj;
            case JsonValueKind.Array:
                return new JsonArray([.. element.EnumerateArray().Select(Tree)]);
            case JsonValueKind.Null:
                return null;
            default:
                return JsonValue.Create(element.Clone());
        }
    }

    private static void Count(Stack<Frame> frames)
    {
        if (frames.TryPeek(out var frame) && frame.Keys is null) frame.Index++;
    }

    private static string Path(Stack<Frame> frames)
    {
        string path = "";
        foreach (var frame in frames.Reverse())
        {
            if (frame.Keys is null) path += $"[{frame.Index.ToString(CultureInfo.InvariantCulture)}]";
            else path += path.Length == 0 ? frame.Key : $".{frame.Key}";
        }
        return path;
    }

    /// <summary>One open object (with the keys so far) or array (with the index so far).</summary>
    private sealed class Frame(HashSet<string>? keys)
    {
        public HashSet<string>? Keys { get; } = keys;

        public string Key { get; set; } = "";

        public int Index { get; set; }
    }
}
