using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using k8s.Autorest;
using Nemotron.Controllers.Deployments.Children;
using Nemotron.Engines.Launch;
using Nemotron.Engines.Metrics;
using Nemotron.Kube;

namespace Nemotron.Cli.Loads;

/// <summary>Reads gateways and engines themselves, through the API server's pod proxy: works wherever kubectl does, and takes two readings to know a rate.</summary>
internal sealed class ProxyLoads(ApiConnection api, TimeProvider time) : ILoadSource
{
    private const int AtOnce = 8;
    private readonly ConcurrentDictionary<(string, string), GatewayCounters> _before = new();

    /// <inheritdoc/>
    public bool NeedsTwo => true;

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<(string Namespace, string Pod), PodLoad>> ReadAsync(IReadOnlyList<ServingPod> pods, CancellationToken cancellationToken)
    {
        var loads = new ConcurrentDictionary<(string, string), PodLoad>();
        await Parallel.ForEachAsync(pods.Where(pod => pod.Ready), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (pod, cancel) =>
        {
            loads[(pod.Namespace, pod.Name)] = await ReadAsync(pod, cancel);
        });
        return loads;
    }

    private async Task<PodLoad> ReadAsync(ServingPod pod, CancellationToken cancellationToken)
    {
        var load = new PodLoad();
        if (pod.Ports.TryGetValue(GatewayContainer.AdminPortName, out var admin))
        {
            try
            {
                var now = GatewayCounters.Read(await TextAsync(pod, admin, "metrics", cancellationToken), time.GetUtcNow());
                var before = _before.GetValueOrDefault((pod.Namespace, pod.Name));
                _before[(pod.Namespace, pod.Name)] = now;
                load = load with { TokensPerSecond = now.TokensPerSecond(before), InFlight = now.InFlight, Ttft = now.TtftSince(before) };
            }
            catch (Exception e) when (e is HttpOperationException or TimeoutException)
            {
                load = load with { Trouble = $"the gateway of {pod.Name}: {Why(e)}" };
            }
        }

        if (Engine(pod) is not var (port, path)) return load;
        try
        {
            var engine = EngineMetrics.Read(Encoding.UTF8.GetBytes(await TextAsync(pod, port, path, cancellationToken)), new DialectHint(MetricSource.Any));
            return load with
            {
                KvUsedTokens = engine.KvUsedTokens.Value,
                KvTotalTokens = engine.KvTotalTokens.Value,
                KvFraction = engine.KvUsedFraction.Value,
                Queued = engine.Waiting.Value,
                InFlight = load.InFlight ?? (engine.Running.Value is { } running ? running + (engine.Waiting.Value ?? 0) : null),
            };
        }
        catch (Exception e) when (e is HttpOperationException or TimeoutException or InvalidDataException)
        {
            return load with { Trouble = load.Trouble ?? $"the engine of {pod.Name}: {Why(e)}" };
        }
    }

    // What a pod answers comes through the API server as its own answer; only a refusal is the API server's.
    private static string Why(Exception error) => error is HttpOperationException { Response.StatusCode: not HttpStatusCode.Forbidden and var status } http
        ? $"{http.Request.RequestUri?.AbsolutePath} answers {(int)status}"
        : ApiErrors.Describe(error);

    // Triton has a port for Prometheus alone; trtllm-serve answers on its own, behind a gateway or not.
    private static (int Port, string Path)? Engine(ServingPod pod) =>
        pod.Ports.TryGetValue(LaunchSpec.MetricsPortName, out var metrics) ? (metrics, "metrics")
        : pod.Ports.TryGetValue(LaunchSpec.EnginePortName, out var engine) ? (engine, "prometheus/metrics")
        : pod.Ports.TryGetValue(LaunchSpec.HttpPortName, out var http) ? (http, "prometheus/metrics")
        : null;

    private Task<string> TextAsync(ServingPod pod, int port, string path, CancellationToken cancellationToken) => api.TextAsync(
        string.Create(CultureInfo.InvariantCulture, $"api/v1/namespaces/{pod.Namespace}/pods/{pod.Name}:{port}/proxy/{path}"), cancellationToken);
}
