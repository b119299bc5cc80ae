using System.Globalization;
using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Patching;

/// <summary>JSON patch (RFC 6902) with the server's limits and refusals.</summary>
internal static class JsonPatch
{
    private const int MaxOperations = 10_000;

    /// <summary>The patch of a request body.</summary>
    /// <exception cref="ApiException">400 when it is not a list of operations; 413 when it is too long.</exception>
    public static JsonArray Parse(JsonNode? body)
    {
        if (body is not JsonArray patch) throw Undecodable($"json: cannot unmarshal {GoKind(body)} into Go value of type []handlers.jsonPatchOp");
        if (patch.Count > MaxOperations)
        {
            throw new ApiException(
                413, "RequestEntityTooLarge", $"The allowed maximum operations in a JSON patch is {MaxOperations}, got {patch.Count}");
        }
        foreach (var operation in patch)
        {
            if (operation is not JsonObject) throw Undecodable($"json: cannot unmarshal {GoKind(operation)} into Go value of type handlers.jsonPatchOp");
        }
        return patch;
    }

    /// <summary>The patched document; shares nothing with either argument.</summary>
    /// <exception cref="ApiException">422, always with the same sentence, when an operation is unknown, finds nothing at its path, or tests false.</exception>
    public static JsonNode? Apply(JsonNode? target, JsonArray patch)
    {
        var document = target?.DeepClone();
        foreach (var operation in Parse(patch))
        {
            var fields = (JsonObject)operation!;
            var path = Pointer(fields, "path");
            switch (Text(fields, "op"))
            {
                case "add":
                    Add(ref document, path, fields["value"]?.DeepClone());
                    break;
                case "remove":
                    Remove(ref document, path);
                    break;
                case "replace":
                    Replace(ref document, path, fields["value"]?.DeepClone());
                    break;
                case "move":
                    var from = Pointer(fields, "from");
                    var moved = Get(document, from)?.DeepClone();
                    Remove(ref document, from);
                    Add(ref document, path, moved);
                    break;
                case "copy":
                    Add(ref document, path, Get(document, Pointer(fields, "from"))?.DeepClone());
                    break;
                case "test":
                    var wanted = fields["value"];
                    // A missing value equals null for the library that the server uses.
                    if (!TryGet(document, path, out var found) && wanted is not null) throw Refused();
                    if (!JsonEquality.Same(found, wanted)) throw Refused();
                    break;
                default:
                    throw Refused();
            }
        }
        return document;
    }

    private static void Add(ref JsonNode? document, string[] path, JsonNode? value)
    {
        if (path.Length == 0)
        {
            document = value;
            return;
        }
        switch (Get(document, path[..^1]))
        {
            case JsonObject fields:
                fields[path[^1]] = value;
                break;
            case JsonArray items when path[^1] == "-":
                items.Add(value);
                break;
            case JsonArray items:
                items.Insert(Index(path[^1], items.Count, last: items.Count), value);
                break;
            default:
                throw Refused();
        }
    }

    private static void Remove(ref JsonNode? document, string[] path)
    {
        if (path.Length == 0) throw Refused();
        switch (Get(document, path[..^1]))
        {
            case JsonObject fields when fields.Remove(path[^1]):
                break;
            case JsonArray items:
                items.RemoveAt(Index(path[^1], items.Count, last: items.Count - 1));
                break;
            default:
                throw Refused();
        }
    }

    private static void Replace(ref JsonNode? document, string[] path, JsonNode? value)
    {
        if (path.Length == 0)
        {
            document = value;
            return;
        }
        switch (Get(document, path[..^1]))
        {
            case JsonObject fields when fields.ContainsKey(path[^1]):
                fields[path[^1]] = value;
                break;
            case JsonArray items:
                items[Index(path[^1], items.Count, last: items.Count - 1)] = value;
                break;
            default:
                throw Refused();
        }
    }

    private static JsonNode? Get(JsonNode? document, string[] path) => TryGet(document, path, out var value) ? value : throw Refused();

    private static bool TryGet(JsonNode? document, string[] path, out JsonNode? value)
    {
        value = document;
        foreach (var token in path)
        {
            switch (value)
            {
                case JsonObject fields when fields.TryGetPropertyValue(token, out var field):
                    value = field;
                    break;
                case JsonArray items when TryIndex(token, items.Count, items.Count - 1, out var index):
                    value = items[index];
                    break;
                default:
                    value = null;
                    return false;
            }
        }
        return true;
    }

    private static int Index(string token, int count, int last) => TryIndex(token, count, last, out var index) ? index : throw Refused();

    /// <summary>Negative places count from the end, which the server's library allows beyond the RFC.</summary>
    private static bool TryIndex(string token, int count, int last, out int index)
    {
        if (!int.TryParse(token, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out index)) return false;
        if (index < 0) index += last == count ? count + 1 : count;
        return index >= 0 && index <= last;
    }

    private static string[] Pointer(JsonObject operation, string name) =>
        Text(operation, name) is { } text && JsonPointer.Parse(text) is { } path ? path : throw Refused();

    private static string? Text(JsonObject operation, string name) =>
        operation[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static string GoKind(JsonNode? body) => body switch
    {
        JsonObject => "object",
        JsonArray => "array",
        null => "null",
        _ => body.GetValueKind() switch
        {
            System.Text.Json.JsonValueKind.String => "string",
            System.Text.Json.JsonValueKind.Number => "number",
            _ => "bool",
        },
    };

    private static ApiException Undecodable(string why) => new(400, "BadRequest", $"error decoding patch: {why}");

    private static ApiException Refused() =>
        new(422, "Invalid", "the server rejected our request due to an error in our request", new JsonObject());
}
