using System.Text.Json.Nodes;
using Nemotron.Lab.Patching;

namespace Nemotron.Lab.Api.Webhooks;

/// <summary>Asks the webhooks of <c>MutatingWebhookConfiguration</c> and <c>ValidatingWebhookConfiguration</c> objects.</summary>
internal sealed class WebhookAdmission(ApiContext api, WebhookClient client) : IAdmission
{
    private const int DefaultTimeoutSeconds = 10;
    private static readonly Gvr Mutating = new("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations");
    private static readonly Gvr Validating = new("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations");
    private static readonly Gvr Namespaces = new("", "v1", "namespaces");

    public async ValueTask<JsonObject> MutateAsync(WriteRequest request, AdmissionVerb verb, JsonObject obj, JsonObject? old)
    {
        foreach (var webhook in Asked(Mutating, request, verb, obj, old))
        {
            if (await AskAsync(webhook, request, verb, obj, old) is not { } patch) continue;
            obj = JsonPatch.Apply(obj, patch) as JsonObject ?? throw ApiErrors.InternalError($"the patch of webhook \"{webhook["name"].Text()}\" leaves no object");
            obj = ObjectDecoding.DecodePatched(obj, request with { Validation = FieldValidation.Ignore }, []);
        }
        return obj;
    }

    public async ValueTask ValidateAsync(WriteRequest request, AdmissionVerb verb, JsonObject? obj, JsonObject? old)
    {
        foreach (var webhook in Asked(Validating, request, verb, obj, old)) await AskAsync(webhook, request, verb, obj, old);
    }

    /// <summary>The webhooks to ask, in order of configuration and position. The configurations themselves are never asked about, or nobody could mend one.</summary>
    private IEnumerable<JsonObject> Asked(Gvr configurations, WriteRequest request, AdmissionVerb verb, JsonObject? obj, JsonObject? old)
    {
        if (request.Resource.Gvr.Group == "admissionregistration.k8s.io") return [];
        var table = api.Catalog.Find(configurations)?.Table;
        if (table is null || table.Current.Namespaces.IsEmpty) return [];
        var labels = request.Namespace is { } ns
            ? api.Catalog.Find(Namespaces)!.Table.Current.Find(null, ns)?.Tree["metadata"]?["labels"] as JsonObject
            : null;
        return table.Current.Objects(null)
            .SelectMany(c => (c.Tree["webhooks"] as JsonArray ?? []).OfType<JsonObject>())
            .Where(webhook => WebhookRule.Fits(webhook, request, verb, obj, old, labels));
    }

    private async Task<JsonArray?> AskAsync(JsonObject webhook, WriteRequest request, AdmissionVerb verb, JsonObject? obj, JsonObject? old)
    {
        string name = webhook["name"].Text() ?? "";
        if (request.DryRun && webhook["sideEffects"].Text() is not ("None" or "NoneOnDryRun"))
            throw ApiErrors.BadRequest($"admission webhook \"{name}\" does not support dry run");
        string uid = api.NewUid();
        var timeout = TimeSpan.FromSeconds(webhook["timeoutSeconds"].Integer() ?? DefaultTimeoutSeconds);
        var clientConfig = webhook["clientConfig"] as JsonObject ?? [];
        string url = "";
        try
        {
            var address = WebhookTarget.UrlOf(clientConfig, timeout);
            url = address.OriginalString;
            var answer = await client.CallAsync(WebhookTarget.Resolve(api, clientConfig, address), AdmissionReview.Question(uid, request, verb, obj, old), timeout);
            return AdmissionReview.Read(answer, uid, name, request.Warnings);
        }
        catch (Exception failure) when (failure is HttpRequestException or FormatException or UriFormatException or System.Security.Cryptography.CryptographicException)
        {
            if (webhook["failurePolicy"].Text() == "Ignore") return null;
            string why = $"failed calling webhook \"{name}\": failed to call webhook: Post \"{url}\": {(failure.InnerException ?? failure).Message}";
            throw new ApiException(500, "InternalError", $"Internal error occurred: {why}", new JsonObject { ["causes"] = new JsonArray(new JsonObject { ["message"] = why }) });
        }
    }
}
