using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s.Autorest;
using Nemotron.Cli.Statuses;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Cli.Bundles;

/// <summary>Gathers what somebody who helps wants to see. Secrets are never read; what may not be read is listed with the reason.</summary>
internal sealed class BundleContents(ApiConnection api, BundleFile bundle)
{
    private const int LogLines = 5000;
    private const string OperatorSelector = "app.kubernetes.io/name=nemotron-operator";

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Of a namespace: collection path below it. Secrets are not among them, and never will be.
    private static readonly (string Api, string Plural)[] Children =
    [
        ("apis/apps/v1", "deployments"), ("apis/apps/v1", "replicasets"), ("apis/apps/v1", "statefulsets"), ("apis/leaderworkerset.x-k8s.io/v1", "leaderworkersets"), ("api/v1", "pods"), ("api/v1", "services"),
        ("api/v1", "configmaps"), ("api/v1", "serviceaccounts"), ("api/v1", "persistentvolumeclaims"), ("apis/policy/v1", "poddisruptionbudgets"), ("apis/autoscaling/v2", "horizontalpodautoscalers"),
        ("apis/discovery.k8s.io/v1", "endpointslices"), ("apis/monitoring.coreos.com/v1", "podmonitors"),
    ];

    public async Task GatherAsync(string? ns, CancellationToken cancellationToken)
    {
        // The first request tells whether anybody answers at all.
        if (await api.GetAsync("version", cancellationToken) is { } version) bundle.Add("version.json", version.ToJsonString(Readable));
        foreach (var kind in ApiKinds.All) await ListAsync($"cluster/{ApiKinds.Plural(kind)}.json", $"apis/{NemotronApi.GroupVersion}/{ApiKinds.Plural(kind)}", null, cancellationToken);
        await ListAsync("cluster/nodes.json", "api/v1/nodes", null, cancellationToken);
        await ListAsync("cluster/webhooks.json", "apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", null, cancellationToken);
        await DefinitionsAsync(cancellationToken);
        foreach (var one in await NamespacesAsync(ns, cancellationToken))
        {
            foreach (var (group, plural) in Children)
                await ListAsync($"namespaces/{one}/{plural}.json", $"{group}/namespaces/{one}/{plural}", $"{NemotronLabels.Deployment}", cancellationToken);
            await ListAsync($"namespaces/{one}/events.json", $"api/v1/namespaces/{one}/events", null, cancellationToken);
            await LogsAsync(one, $"{NemotronLabels.Deployment}", cancellationToken);
        }

        await OperatorAsync(cancellationToken);
        if (bundle.Incomplete.Count > 0) bundle.Add("INCOMPLETE.txt", string.Join('\n', bundle.Incomplete) + "\n");
    }

    /// <summary>A deployment as <c>kubectl nemotron status</c> shows it.</summary>
    public async Task StatusAsync(NemotronDeployment entity, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var entry = $"namespaces/{entity.Metadata.NamespaceProperty}/status-{entity.Metadata.Name}.txt";
        if (await TryAsync(entry, () => api.ListAsync<PodView>(entity.Metadata.NamespaceProperty, $"{NemotronLabels.Deployment}={entity.Metadata.Name}", cancellationToken)) is not { } pods) return;
        using var text = new StringWriter();
        StatusTree.Write(Terminal.Piped(TextReader.Null, text, text), StatusReport.Of(entity, pods, now));
        bundle.Add(entry, Redaction.Of(text.ToString()));
    }

    private async Task<IReadOnlyList<string>> NamespacesAsync(string? ns, CancellationToken cancellationToken)
    {
        if (ns is not null) return [ns];
        // As they are: one that this program cannot read has a namespace all the same.
        var all = await TryAsync("NemotronDeployments", () => api.ListAsync($"apis/{NemotronApi.GroupVersion}/{NemotronDeployment.Plural}", null, cancellationToken)) ?? [];
        return [.. all.Select(entity => entity["metadata"]!["namespace"]!.GetValue<string>()).Distinct().Order(StringComparer.Ordinal)];
    }

    private async Task OperatorAsync(CancellationToken cancellationToken)
    {
        await ListAsync("operator/deployments.json", "apis/apps/v1/deployments", OperatorSelector, cancellationToken);
        var pods = await ListAsync("operator/pods.json", "api/v1/pods", OperatorSelector, cancellationToken) ?? [];
        foreach (var ns in pods.Select(pod => pod["metadata"]!["namespace"]!.GetValue<string>()).Distinct())
        {
            await ListAsync($"operator/{ns}-events.json", $"api/v1/namespaces/{ns}/events", null, cancellationToken);
            await ListAsync($"operator/{ns}-leases.json", $"apis/coordination.k8s.io/v1/namespaces/{ns}/leases", null, cancellationToken);
        }

        foreach (var pod in pods) await LogAsync("operator", pod, cancellationToken);
    }

    private async Task DefinitionsAsync(CancellationToken cancellationToken)
    {
        // Schemas are long and known; which versions are served is not.
        var all = await TryAsync("customresourcedefinitions", () => api.ListAsync("apis/apiextensions.k8s.io/v1/customresourcedefinitions", null, cancellationToken)) ?? [];
        var lines = all.Select(definition => $"{definition["metadata"]!["name"]} {string.Join(",", (definition["spec"]?["versions"] as JsonArray ?? []).Select(version => version!["name"]))}");
        bundle.Add("cluster/customresourcedefinitions.txt", string.Join('\n', lines.Order(StringComparer.Ordinal)) + "\n");
    }

    private async Task LogsAsync(string ns, string selector, CancellationToken cancellationToken)
    {
        foreach (var pod in await TryAsync($"pods of {ns}", () => api.ListAsync($"api/v1/namespaces/{ns}/pods", selector, cancellationToken)) ?? [])
            await LogAsync($"namespaces/{ns}", pod, cancellationToken);
    }

    private async Task LogAsync(string folder, JsonObject pod, CancellationToken cancellationToken)
    {
        var (ns, name) = (pod["metadata"]!["namespace"]!.GetValue<string>(), pod["metadata"]!["name"]!.GetValue<string>());
        foreach (var container in (pod["spec"]?["containers"] as JsonArray ?? []).Select(container => container!["name"]!.GetValue<string>()))
        {
            var log = await TryAsync($"log of {ns}/{name} {container}", async () => (string?)await api.TextAsync($"api/v1/namespaces/{ns}/pods/{name}/log?container={container}&tailLines={LogLines}&limitBytes={BundleFile.MostBytesOfOne}", cancellationToken));
            if (log is not null) bundle.Add($"{folder}/logs/{name}-{container}.log", Redaction.Of(log));
        }
    }

    private async Task<IReadOnlyList<JsonObject>?> ListAsync(string entry, string path, string? selector, CancellationToken cancellationToken)
    {
        var items = await TryAsync(entry, () => api.ListAsync(path, selector, cancellationToken));
        if (items is { Count: > 0 }) bundle.Add(entry, new JsonArray([.. items.Select(Redaction.Of)]).ToJsonString(Readable));
        return items;
    }

    private async Task<T?> TryAsync<T>(string what, Func<Task<T?>> read)
        where T : class
    {
        try
        {
            return await read();
        }
        catch (Exception e) when (e is HttpOperationException or TimeoutException or JsonException)
        {
            bundle.Incomplete.Add($"{what}: {Redaction.Of(ApiErrors.Describe(e))}");
            return null;
        }
    }
}
