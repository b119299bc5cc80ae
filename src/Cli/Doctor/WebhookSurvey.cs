using System.Net;
using System.Text.Json.Nodes;
using k8s.Autorest;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Cli.Doctor;

/// <summary>Reads the webhook configurations that are about our resources, and tries whether somebody answers.</summary>
internal sealed class WebhookSurvey(ApiConnection api)
{
    private const string Configurations = "apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";

    // Every namespace carries its name so.
    private const string NameLabel = "kubernetes.io/metadata.name";

    // No model is called so, which the schema cannot know and the webhook does.
    private const string UnknownModel = "nemotron-doctor-asks-for-a-refusal";

    public async Task<Known<IReadOnlyList<WebhookFacts>>> ReadAsync(string ns, CancellationToken cancellationToken)
    {
        var all = await SurveyReader.AskAsync(() => api.ListAsync(Configurations, null, cancellationToken));
        if (all.Value is not { } configurations) return new(null, all.Trouble);
        List<WebhookFacts> found = [];
        foreach (var configuration in configurations)
        {
            var hooks = (configuration["webhooks"] as JsonArray ?? []).OfType<JsonObject>().Where(AboutUs).ToList();
            if (hooks.Count == 0) continue;
            var trusted = hooks.TrueForAll(hook => !string.IsNullOrEmpty(hook["clientConfig"]?["caBundle"]?.GetValue<string>()));
            found.Add(new WebhookFacts(
                configuration["metadata"]!["name"]!.GetValue<string>(), hooks, await EndpointsAsync(hooks[0], cancellationToken),
                trusted && AskedIn(ns, hooks) is { } asked ? await ProbeAsync(asked, cancellationToken) : null));
        }

        return new(found, null);
    }

    private static bool AboutUs(JsonObject hook) =>
        (hook["rules"] as JsonArray ?? []).Any(rule => (rule?["apiGroups"] as JsonArray ?? []).Any(group => group?.GetValue<string>() == NemotronApi.Group));

    /// <summary>Where the API server asks the webhook of deployments: the namespace, else one of those that its selector names, as the chart's does; null where the selector tells no names.</summary>
    internal static string? AskedIn(string ns, IReadOnlyList<JsonObject> hooks)
    {
        if (hooks.FirstOrDefault(AboutDeployments)?["namespaceSelector"] is not JsonObject { Count: > 0 } selector) return ns;
        if (selector["matchLabels"] is not null || selector["matchExpressions"] is not JsonArray { Count: 1 } all || all[0] is not { } only) return null;
        if (only["key"]?.GetValue<string>() != NameLabel || only["operator"]?.GetValue<string>() != "In") return null;
        var names = (only["values"] as JsonArray ?? []).Select(name => name!.GetValue<string>()).ToList();
        return names.Contains(ns) ? ns : names.FirstOrDefault();
    }

    private static bool AboutDeployments(JsonObject hook) =>
        (hook["rules"] as JsonArray ?? []).Any(rule => (rule?["resources"] as JsonArray ?? []).Any(resource => resource?.GetValue<string>() is NemotronDeployment.Plural or "*"));

    private async Task<int?> EndpointsAsync(JsonObject hook, CancellationToken cancellationToken)
    {
        if (hook["clientConfig"]?["service"] is not JsonObject service) return null;
        var slices = await SurveyReader.AskAsync(() => api.ListAsync(
            $"apis/discovery.k8s.io/v1/namespaces/{service["namespace"]}/endpointslices", $"kubernetes.io/service-name={service["name"]}", cancellationToken));
        return slices.Value?.Sum(slice => (slice["endpoints"] as JsonArray ?? []).Count(endpoint => endpoint?["conditions"]?["ready"]?.GetValue<bool>() != false));
    }

    /// <summary>Nothing is stored: a dry run of what the webhook refuses.</summary>
    private async Task<ProbeAnswer?> ProbeAsync(string ns, CancellationToken cancellationToken)
    {
        try
        {
            await api.PostAsync($"apis/{NemotronApi.GroupVersion}/namespaces/{ns}/{NemotronDeployment.Plural}?dryRun=All", new JsonObject
            {
                ["apiVersion"] = NemotronApi.GroupVersion,
                ["kind"] = NemotronDeployment.KindName,
                ["metadata"] = new JsonObject { ["name"] = "nemotron-doctor", ["namespace"] = ns },
                ["spec"] = new JsonObject { ["modelRef"] = new JsonObject { ["name"] = UnknownModel } },
            }, cancellationToken);
            return ProbeAnswer.LetThrough;
        }
        catch (HttpOperationException e) when (e.Response.Content?.Contains("admission webhook", StringComparison.Ordinal) == true)
        {
            return ProbeAnswer.Refused;
        }
        catch (HttpOperationException e) when (e.Response.StatusCode is HttpStatusCode.Forbidden)
        {
            return ProbeAnswer.NotAllowed;
        }
        catch (HttpOperationException e) when (e.Response.StatusCode is HttpStatusCode.InternalServerError)
        {
            // failurePolicy Fail: "failed calling webhook".
            return ProbeAnswer.LetThrough;
        }
        catch (HttpOperationException)
        {
            return null;
        }
    }
}
