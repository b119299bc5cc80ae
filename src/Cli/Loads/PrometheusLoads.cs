using Nemotron.Controllers.Prometheus;
using Nemotron.Controllers.Scaling;

namespace Nemotron.Cli.Loads;

/// <summary>Reads loads from Prometheus by the autoscaler's own queries: the very numbers that it decides on.</summary>
internal sealed class PrometheusLoads(IPrometheus prometheus) : ILoadSource
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private static readonly FleetSignal[] Wanted =
    [
        FleetSignal.OutputTokens, FleetSignal.InFlight, FleetSignal.TtftBuckets, FleetSignal.GatewayAge, FleetSignal.KvUsed, FleetSignal.KvTotal, FleetSignal.KvFraction,
        FleetSignal.Running, FleetSignal.Waiting, FleetSignal.EngineOutputTokens,
    ];

    /// <inheritdoc/>
    public bool NeedsTwo => false;

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<(string Namespace, string Pod), PodLoad>> ReadAsync(IReadOnlyList<ServingPod> pods, CancellationToken cancellationToken)
    {
        var queries = FleetQueries.All("", Window);
        var answers = await Task.WhenAll(Wanted.Select(async signal => (signal, answer: await prometheus.QueryAsync(queries[signal], cancellationToken))));
        var reading = FleetReading.Of(answers.ToDictionary(entry => entry.signal, entry => entry.answer));
        return pods.Where(pod => reading.Of(pod.Namespace, pod.Name) is not null).ToDictionary(pod => (pod.Namespace, pod.Name), pod => Of(reading.Of(pod.Namespace, pod.Name)!));
    }

    private static PodLoad Of(PodReading pod) => new()
    {
        TokensPerSecond = Both(pod, FleetSignal.OutputTokens) ?? pod[FleetSignal.EngineOutputTokens],
        InFlight = Both(pod, FleetSignal.InFlight) ?? pod[FleetSignal.Running],
        Queued = pod[FleetSignal.Waiting],
        KvUsedTokens = pod[FleetSignal.KvUsed],
        KvTotalTokens = pod[FleetSignal.KvTotal],
        KvFraction = pod[FleetSignal.KvFraction],
        Ttft = Merged(pod.Ttft),
    };

    private static double? Both(PodReading pod, FleetSignal signal) => (pod[signal, ReasoningSide.Off], pod[signal, ReasoningSide.On]) switch
    {
        (null, null) => null,
        var (off, on) => (off ?? 0) + (on ?? 0),
    };

    private static LatencyBuckets? Merged(LatencyBuckets?[] sides)
    {
        var all = new LatencyBuckets();
        foreach (var side in sides.OfType<LatencyBuckets>()) all.Add(side);
        return all.Total > 0 ? all : null;
    }
}
