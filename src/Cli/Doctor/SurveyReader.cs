using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nemotron.Controllers.Prometheus;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;
using Nemotron.Planning;
using k8s.Autorest;
using k8s.Models;

namespace Nemotron.Cli.Doctor;

/// <summary>Reads a <see cref="Survey"/>. What a user may not read stays unknown, with the reason; an API server that does not answer ends it all.</summary>
internal sealed class SurveyReader(ApiConnection api, TimeProvider time)
{
    private const string OperatorLabel = "app.kubernetes.io/name=nemotron-operator";

    public async Task<Survey> ReadAsync(string ns, IPrometheus? prometheus, Uri? prometheusUrl, CancellationToken cancellationToken)
    {
        // The first request tells whether anybody answers.
        await api.GetAsync("version", cancellationToken);
        var rights = new OperatorRights(api);
        var operators = await AskAsync(() => api.ListAsync<V1Deployment>(null, OperatorLabel, cancellationToken));
        List<OperatorFacts> facts = [];
        foreach (var deployment in operators.Value ?? [])
        {
            var selector = string.Join(",", deployment.Spec.Selector.MatchLabels?.Select(label => $"{label.Key}={label.Value}") ?? []);
            var pods = await AskAsync(() => api.ListAsync<PodView>(deployment.Metadata.NamespaceProperty, selector, cancellationToken));
            var one = new OperatorFacts(deployment, pods.Value ?? [], null, 0, null);
            facts.Add(await rights.AskAsync(one, cancellationToken));
        }

        return new Survey
        {
            Now = time.GetUtcNow(),
            Definitions = await DefinitionsAsync(cancellationToken),
            Operators = new(operators.Value is null ? null : facts, operators.Trouble),
            Leases = await LeasesAsync(cancellationToken),
            Nodes = await AskAsync(() => api.ListAsync<NodeView>(null, null, cancellationToken)),
            Pools = await AskAsync(() => api.ListAsync<GpuNodePool>(null, null, cancellationToken)),
            Deployments = await AskAsync(() => api.ListAsync<NemotronDeployment>(null, null, cancellationToken)),
            Servers = await AskAsync(() => api.ListAsync<PodView>(null, $"{NemotronLabels.Deployment},{NemotronLabels.Role}={NemotronLabels.ServerRole}", cancellationToken)),
            Webhooks = await new WebhookSurvey(api).ReadAsync(ns, cancellationToken),
            Prometheus = prometheus is null ? null : await PrometheusAsync(prometheus, prometheusUrl!, cancellationToken),
        };
    }

    /// <summary>Asks; a refusal is an answer of its own, and so is what cannot be read.</summary>
    public static async Task<Known<T>> AskAsync<T>(Func<Task<T?>> read)
        where T : class
    {
        try
        {
            return await read() is { } value ? new(value, null) : new(null, "the API server does not have the type: its CRD is not installed");
        }
        catch (Exception e) when (e is HttpOperationException { Response.StatusCode: HttpStatusCode.Forbidden } or JsonException)
        {
            return new(null, ApiErrors.Describe(e));
        }
    }

    private async Task<Known<IReadOnlyDictionary<string, JsonObject>>> DefinitionsAsync(CancellationToken cancellationToken)
    {
        var all = await AskAsync(() => api.ListAsync("apis/apiextensions.k8s.io/v1/customresourcedefinitions", null, cancellationToken));
        return new(all.Value?.ToDictionary(definition => definition["metadata"]!["name"]!.GetValue<string>()), all.Trouble);
    }

    private async Task<Known<IReadOnlyList<JsonObject>>> LeasesAsync(CancellationToken cancellationToken)
    {
        var all = await AskAsync(() => api.ListAsync("apis/coordination.k8s.io/v1/leases", null, cancellationToken));
        return new(all.Value?.Where(lease => lease["metadata"]!["name"]!.GetValue<string>() == NemotronApi.FieldManager).ToList(), all.Trouble);
    }

    private static async Task<PrometheusFacts> PrometheusAsync(IPrometheus prometheus, Uri url, CancellationToken cancellationToken)
    {
        try
        {
            return new PrometheusFacts(url, null,
                await PodsAsync($"count by (namespace, pod) ({GatewaySeries.Draining})"),
                await PodsAsync("count by (namespace, pod) (up{pod!=\"\"} == 1)"));
        }
        catch (PrometheusException e)
        {
            return new PrometheusFacts(url, e.Message, new HashSet<(string, string)>(), new HashSet<(string, string)>());
        }

        async Task<IReadOnlySet<(string, string)>> PodsAsync(string query) =>
            (await prometheus.QueryAsync(query, cancellationToken)).Samples.Select(sample => (sample["namespace"], sample["pod"])).ToHashSet();
    }
}
