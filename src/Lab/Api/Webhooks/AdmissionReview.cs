using System.Text.Json.Nodes;
using Nemotron.Lab.Api.Access;

namespace Nemotron.Lab.Api.Webhooks;

/// <summary><c>admission.k8s.io/v1 AdmissionReview</c>: the question and the answer.</summary>
internal static class AdmissionReview
{
    public static JsonObject Question(string uid, WriteRequest request, AdmissionVerb verb, JsonObject? obj, JsonObject? old)
    {
        var gvr = request.Resource.Gvr;
        var kind = new JsonObject { ["group"] = gvr.Group, ["version"] = gvr.Version, ["kind"] = request.Resource.Kind };
        var resource = new JsonObject { ["group"] = gvr.Group, ["version"] = gvr.Version, ["resource"] = gvr.Plural };
        var body = new JsonObject
        {
            ["uid"] = uid,
            ["kind"] = kind,
            ["resource"] = resource,
            ["requestKind"] = kind.DeepClone(),
            ["requestResource"] = resource.DeepClone(),
            ["name"] = obj?.Name() is { Length: > 0 } name ? name : request.Name,
            ["operation"] = verb.ToString().ToUpperInvariant(),
            ["userInfo"] = (request.User ?? UserInfo.Admin).ToJson(),
            ["object"] = obj?.DeepClone(),
            ["oldObject"] = old?.DeepClone(),
            ["dryRun"] = request.DryRun,
        };
        if (request.Subresource is { } subresource) body["subResource"] = body["requestSubResource"] = subresource;
        if (request.Namespace is { } ns) body["namespace"] = ns;
        return new JsonObject { ["kind"] = "AdmissionReview", ["apiVersion"] = "admission.k8s.io/v1", ["request"] = body };
    }

    /// <summary>Reads an answer: its patch, or null for none.</summary>
    /// <param name="answer">The body the webhook sent.</param>
    /// <param name="uid">The question's uid, which the answer must repeat.</param>
    /// <param name="webhook">The webhook's name, for the refusal.</param>
    /// <param name="warnings">Takes the answer's warnings.</param>
    /// <exception cref="ApiException">The webhook refused.</exception>
    /// <exception cref="FormatException">The answer is not one.</exception>
    public static JsonArray? Read(JsonObject answer, string uid, string webhook, List<string> warnings)
    {
        if (answer["response"] is not JsonObject response) throw new FormatException("the answer has no response");
        if (response["uid"].Text() != uid) throw new FormatException($"expected response.uid={uid}, got {response["uid"].Text()}");
        warnings.AddRange((response["warnings"] as JsonArray ?? []).Select(w => w.Text() ?? ""));
        if (response["allowed"] is not JsonValue flag || !flag.TryGetValue(out bool allowed)) throw new FormatException("the answer does not say whether it is allowed");
        if (!allowed) throw Denied(response["status"] as JsonObject ?? [], webhook);
        if (response["patch"].Text() is not { Length: > 0 } patch) return null;
        if (response["patchType"].Text() != "JSONPatch") throw new FormatException("webhook returned response.patch but not response.patchType=JSONPatch");
        return JsonNode.Parse(Convert.FromBase64String(patch)) as JsonArray ?? throw new FormatException("the patch is not a list");
    }

    private static ApiException Denied(JsonObject status, string webhook)
    {
        string message = status["message"].Text() ?? status["reason"].Text() ?? "";
        string text = $"admission webhook \"{webhook}\" denied the request{(message.Length == 0 ? " without explanation" : $": {message}")}";
        int code = (int)(status["code"].Integer() ?? 403);
        return new ApiException(code < 400 ? 403 : code, status["reason"].Text() ?? (code == 403 ? "Forbidden" : ""), text, status["details"]?.DeepClone() as JsonObject);
    }
}
