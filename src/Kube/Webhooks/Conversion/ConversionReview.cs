using System.Text.Json;
using System.Text.Json.Nodes;

namespace Nemotron.Kube;

/// <summary>The question of an <c>apiextensions.k8s.io/v1 ConversionReview</c>.</summary>
/// <param name="Uid">What the answer must repeat.</param>
/// <param name="DesiredApiVersion">Group and version that the objects shall have.</param>
/// <param name="Objects">Whole objects, of one kind, each in any version of it.</param>
internal sealed record ConversionReview(string Uid, string DesiredApiVersion, IReadOnlyList<JsonObject> Objects)
{
    internal const string ApiVersion = "apiextensions.k8s.io/v1";
    internal const string Kind = "ConversionReview";

    /// <summary>Reads a question.</summary>
    /// <exception cref="MalformedReviewException">It is no ConversionReview.</exception>
    internal static ConversionReview Read(ReadOnlyMemory<byte> body)
    {
        JsonNode? review;
        try
        {
            review = JsonNode.Parse(body.Span);
        }
        catch (JsonException e)
        {
            throw new MalformedReviewException($"the body is not JSON: {e.Message}");
        }

        if (Text(review, "apiVersion") != ApiVersion || Text(review, "kind") != Kind)
        {
            throw new MalformedReviewException($"expected {ApiVersion} {Kind}, got \"{Text(review, "apiVersion")}\" \"{Text(review, "kind")}\"");
        }

        if ((review as JsonObject)?["request"] is not JsonObject request)
        {
            throw new MalformedReviewException("request is missing");
        }

        if (Text(request, "uid") is not { Length: > 0 } uid)
        {
            throw new MalformedReviewException("request.uid is missing");
        }

        if (Text(request, "desiredAPIVersion") is not { Length: > 0 } desired)
        {
            throw new MalformedReviewException("request.desiredAPIVersion is missing");
        }

        if (request["objects"] is not JsonArray objects)
        {
            throw new MalformedReviewException("request.objects is missing");
        }

        var whole = objects.OfType<JsonObject>().Where(obj => obj["metadata"] is JsonObject).ToList();
        return whole.Count == objects.Count ? new(uid, desired, whole) : throw new MalformedReviewException("request.objects holds what is no object with metadata");
    }

    internal static string Text(JsonNode? node, string name) =>
        node is JsonObject obj && obj[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
}

/// <summary>The answer of a ConversionReview: all objects in their order, or why none.</summary>
internal static class ConversionAnswer
{
    internal static JsonObject Of(string uid, IEnumerable<JsonObject> converted) => Of(new JsonObject
    {
        ["uid"] = uid,
        ["convertedObjects"] = new JsonArray([.. converted]),
        ["result"] = new JsonObject { ["status"] = "Success" },
    });

    internal static JsonObject Failure(string uid, string why) => Of(new JsonObject
    {
        ["uid"] = uid,
        ["convertedObjects"] = new JsonArray(),
        ["result"] = new JsonObject { ["status"] = "Failure", ["message"] = why },
    });

    private static JsonObject Of(JsonObject response) => new() { ["apiVersion"] = ConversionReview.ApiVersion, ["kind"] = ConversionReview.Kind, ["response"] = response };
}
