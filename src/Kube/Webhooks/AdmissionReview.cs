using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>A question is none that a webhook can answer: the message says what is wrong with it.</summary>
internal sealed class MalformedReviewException(string message) : Exception(message);

/// <summary>The question of an <c>admission.k8s.io/v1 AdmissionReview</c>.</summary>
/// <param name="Uid">What the answer must repeat.</param>
/// <param name="Operation"><c>CREATE</c>, <c>UPDATE</c>, <c>DELETE</c> or <c>CONNECT</c>.</param>
/// <param name="Key">The object; its name is empty while the API server has yet to make one up.</param>
/// <param name="DryRun">Whether nothing will be stored in any case.</param>
/// <param name="Object">The object as it would be; null for a deletion.</param>
/// <param name="OldObject">The object as it is; null for a creation.</param>
internal sealed record AdmissionReview<TEntity>(string Uid, string Operation, NamespacedName Key, bool DryRun, TEntity? Object, TEntity? OldObject)
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>Reads a question.</summary>
    /// <exception cref="MalformedReviewException">It is no AdmissionReview, or not about this entity.</exception>
    internal static AdmissionReview<TEntity> Read(ReadOnlyMemory<byte> body)
    {
        using var document = Parse(body);
        var review = document.RootElement;
        if (Text(review, "apiVersion") != AdmissionAnswer.ApiVersion || Text(review, "kind") != AdmissionAnswer.Kind)
        {
            throw new MalformedReviewException($"expected {AdmissionAnswer.ApiVersion} {AdmissionAnswer.Kind}, got \"{Text(review, "apiVersion")}\" \"{Text(review, "kind")}\"");
        }

        if (!review.TryGetProperty("request", out var request) || request.ValueKind != JsonValueKind.Object)
        {
            throw new MalformedReviewException("request is missing");
        }

        if (Text(request, "uid") is not { Length: > 0 } uid)
        {
            throw new MalformedReviewException("request.uid is missing");
        }

        var type = ResourceType.Of<TEntity>();
        var kind = request.TryGetProperty("kind", out var given) && given.ValueKind == JsonValueKind.Object ? given : default;
        if (Text(kind, "group") != type.Group || Text(kind, "version") != type.Version || Text(kind, "kind") != type.Kind)
        {
            throw new MalformedReviewException($"this webhook judges {type.ApiVersion} {type.Kind}, not {Text(kind, "group")}/{Text(kind, "version")} {Text(kind, "kind")}");
        }

        var operation = Text(request, "operation");
        var (obj, old) = (Entity(request, "object", operation is "CREATE" or "UPDATE"), Entity(request, "oldObject", operation is "UPDATE" or "DELETE"));
        var ns = Text(request, "namespace");
        return new(uid, operation, new(ns.Length == 0 ? null : ns, Text(request, "name")),
            request.TryGetProperty("dryRun", out var dry) && dry.ValueKind == JsonValueKind.True, obj, old);
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException e)
        {
            throw new MalformedReviewException($"the body is not JSON: {e.Message}");
        }
    }

    private static TEntity? Entity(JsonElement request, string name, bool needed)
    {
        if (!request.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return needed ? throw new MalformedReviewException($"request.{name} is missing") : null;
        }

        try
        {
            var entity = value.Deserialize(KubeJson.TypeInfo<TEntity>(KubeJson.Reading));
            return entity?.Metadata is null ? throw new MalformedReviewException($"request.{name}.metadata is missing") : entity;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException or FormatException)
        {
            // Such as an object of a newer schema than this process knows.
            throw new MalformedReviewException($"request.{name} is not readable: {e.Message}");
        }
    }

    private static string Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}

/// <summary>The answer of an AdmissionReview.</summary>
internal static class AdmissionAnswer
{
    internal const string ApiVersion = "admission.k8s.io/v1";
    internal const string Kind = "AdmissionReview";

    internal static JsonObject Of(string uid, ValidationResult result)
    {
        var response = new JsonObject { ["uid"] = uid, ["allowed"] = result.Allowed };
        if (!result.Allowed)
        {
            response["status"] = new JsonObject
            {
                ["status"] = "Failure",
                ["message"] = result.Message,
                ["reason"] = result.Reason,
                ["code"] = result.StatusCode,
            };
        }

        if (result.Warnings.Count > 0)
        {
            response["warnings"] = new JsonArray([.. result.Warnings.Select(w => (JsonNode)w)]);
        }

        return new JsonObject { ["apiVersion"] = ApiVersion, ["kind"] = Kind, ["response"] = response };
    }
}
