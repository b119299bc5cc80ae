using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Nemotron.Lab.Api;

/// <summary>A parsed request body and the paths of keys it held twice.</summary>
internal readonly record struct ParsedBody(JsonNode? Node, IReadOnlyList<string> Duplicates);

/// <summary>Reading request bodies in the formats clients send, with the server's own complaints.</summary>
internal static class RequestBody
{
    private const string Accepted = "application/json, application/yaml, application/vnd.kubernetes.protobuf";
    private const int ExcerptLength = 30;

    private static readonly JsonDocumentOptions JsonOptions = new() { MaxDepth = 512 };

    public static async ValueTask<byte[]> ReadAsync(HttpContext http)
    {
        var reader = http.Request.BodyReader;
        while (true)
        {
            ReadResult result = await reader.ReadAsync(http.RequestAborted);
            if (result.IsCompleted)
            {
                byte[] bytes = result.Buffer.ToArray();
                reader.AdvanceTo(result.Buffer.End);
                return bytes;
            }
            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    /// <summary>An object of the resource's kind, from JSON, YAML or the few protobuf kinds known.</summary>
    /// <exception cref="ApiException">400 for what does not parse or has no kind, 415 for other formats.</exception>
    public static (JsonObject Object, IReadOnlyList<string> Duplicates) ParseObject(byte[] bytes, string? contentType, ServedResource resource, string expectedKind)
    {
        string type = MediaTypes.Bare(contentType);
        if (type == MediaTypes.Protobuf)
        {
            return (Protobuf.RuntimeUnknown.Decode(bytes) ?? throw ApiErrors.UnsupportedMediaType("application/json, application/yaml"), []);
        }
        bool yaml = type is "application/yaml" or "application/x-yaml" or "text/yaml";
        if (!yaml && type is not (MediaTypes.Json or "")) throw ApiErrors.UnsupportedMediaType(Accepted);
        ParsedBody parsed;
        try
        {
            parsed = yaml ? new ParsedBody(YamlBody.Parse(Encoding.UTF8.GetString(bytes)), []) : Parse(bytes);
        }
        catch (Exception malformed) when (malformed is JsonException or YamlDotNet.Core.YamlException)
        {
            throw Unrecognised(expectedKind, $"couldn't get version/kind; json parse error: {Complaint(bytes, malformed)}", bytes);
        }
        if (parsed.Node is not JsonObject obj)
            throw Unrecognised(expectedKind, "couldn't get version/kind; json parse error: json: cannot unmarshal value into Go value of type struct", bytes);
        // The real server fills what is missing from the endpoint for typed kinds; custom objects must say what they are.
        if (string.IsNullOrEmpty(obj["kind"].Text()))
        {
            if (resource.Custom) throw Unrecognised(expectedKind, $"Object 'Kind' is missing in '{Encoding.UTF8.GetString(bytes)}'", bytes);
            obj["kind"] = expectedKind;
        }
        if (string.IsNullOrEmpty(obj["apiVersion"].Text()))
        {
            if (resource.Custom) throw Unrecognised(expectedKind, $"Object 'apiVersion' is missing in '{Encoding.UTF8.GetString(bytes)}'", bytes);
            obj["apiVersion"] = resource.ApiVersion;
        }
        return (obj, parsed.Duplicates);
    }

    /// <summary>A patch document.</summary>
    /// <exception cref="ApiException">400 with the decoder's complaint.</exception>
    public static JsonNode ParsePatch(byte[] bytes, bool yaml)
    {
        try
        {
            return (yaml ? YamlBody.Parse(Encoding.UTF8.GetString(bytes)) : Parse(bytes).Node) ?? new JsonObject();
        }
        catch (Exception malformed) when (malformed is JsonException or YamlDotNet.Core.YamlException)
        {
            throw ApiErrors.BadRequest($"error decoding {(yaml ? "YAML" : "patch")}: {Complaint(bytes, malformed)}");
        }
    }

    /// <summary>An optional JSON object, such as DeleteOptions; null for an empty body.</summary>
    public static JsonObject? ParseOptional(byte[] bytes, string? contentType)
    {
        if (bytes.Length == 0) return null;
        string type = MediaTypes.Bare(contentType);
        if (type == MediaTypes.Protobuf) return Protobuf.RuntimeUnknown.Decode(bytes) ?? throw ApiErrors.UnsupportedMediaType("application/json, application/yaml");
        if (type is not (MediaTypes.Json or "" or "application/yaml")) throw ApiErrors.UnsupportedMediaType(Accepted);
        try
        {
            return (type == "application/yaml" ? YamlBody.Parse(Encoding.UTF8.GetString(bytes)) : Parse(bytes).Node) as JsonObject;
        }
        catch (Exception malformed) when (malformed is JsonException or YamlDotNet.Core.YamlException)
        {
            throw ApiErrors.BadRequest($"couldn't get version/kind; json parse error: {Complaint(bytes, malformed)}");
        }
    }

    /// <summary>Parses JSON; of a key given twice the last value counts, and its path is told.</summary>
    public static ParsedBody Parse(byte[] bytes)
    {
        var duplicates = DuplicateKeys.Find(bytes);
        var node = JsonNode.Parse(duplicates.Count == 0 ? bytes : DuplicateKeys.WithoutFirst(bytes), documentOptions: JsonOptions);
        return new ParsedBody(node, duplicates);
    }

    private static ApiException Unrecognised(string kind, string why, byte[] bytes) =>
        ApiErrors.BadRequest($"the object provided is unrecognized (must be of type {kind}): {why} ({Excerpt(bytes)})");

    private static string Excerpt(byte[] bytes)
    {
        if (bytes.Length == 0) return "<empty>";
        string text = Encoding.UTF8.GetString(bytes);
        return text.Length <= ExcerptLength ? text : $"{text[..ExcerptLength]} ...";
    }

    private static string Complaint(byte[] bytes, Exception malformed) => malformed is JsonException ? GoJsonError.Of(bytes) : $"yaml: {malformed.Message}";
}
