using Nemotron.Controllers.Scaling;
using Nemotron.Crds;

namespace Nemotron.Cli.Loads;

/// <summary>A deployment's row of <c>top</c>, and its <c>-o json</c> and <c>-o yaml</c>. Absent figures are unknown, not zero.</summary>
internal sealed record LoadRow
{
    private const double TtftPercentile = 0.95;

    public required string Namespace { get; init; }
    public required string Name { get; init; }
    public required int? Ready { get; init; }
    public required int? Desired { get; init; }
    public required int Seen { get; init; }
    public required double? TokensPerSecond { get; init; }
    public required double? KvPercent { get; init; }
    public required double? InFlight { get; init; }
    public required double? Queued { get; init; }
    public required double? TtftP95Seconds { get; init; }
    public required string? Trouble { get; init; }

    /// <summary>Adds up the replicas of a deployment. A sum over replicas of which one is unknown is unknown. Pure.</summary>
    public static LoadRow Of(NemotronDeployment entity, IReadOnlyList<ServingPod> pods, IReadOnlyDictionary<(string Namespace, string Pod), PodLoad> loads)
    {
        var ready = pods.Where(pod => pod.Ready).ToList();
        var seen = ready.Select(pod => loads.GetValueOrDefault((pod.Namespace, pod.Name))).OfType<PodLoad>().ToList();
        var whole = seen.Count == ready.Count && seen.Count > 0;
        var ttft = new LatencyBuckets();
        foreach (var buckets in seen.Select(load => load.Ttft).OfType<LatencyBuckets>()) ttft.Add(buckets);
        return new LoadRow
        {
            Namespace = entity.Metadata.NamespaceProperty ?? "",
            Name = entity.Metadata.Name,
            Ready = entity.Status?.ReadyReplicas,
            Desired = entity.Status?.DesiredReplicas,
            Seen = seen.Count,
            TokensPerSecond = Sum(load => load.TokensPerSecond),
            KvPercent = Kv(seen, whole),
            InFlight = Sum(load => load.InFlight),
            Queued = Sum(load => load.Queued),
            TtftP95Seconds = ttft.Quantile(TtftPercentile),
            Trouble = seen.Select(load => load.Trouble).FirstOrDefault(trouble => trouble is not null)
                ?? (whole || ready.Count == 0 ? null : $"{ready.Count - seen.Count} of {ready.Count} ready replicas have no metrics"),
        };

        double? Sum(Func<PodLoad, double?> figure) => whole && seen.All(load => figure(load) is not null) ? seen.Sum(load => figure(load)!.Value) : null;
    }

    // By tokens where engines count them, else the mean of their shares: replicas of a deployment are alike.
    private static double? Kv(List<PodLoad> seen, bool whole)
    {
        if (!whole) return null;
        if (seen.TrueForAll(load => load is { KvUsedTokens: not null, KvTotalTokens: > 0 })) return 100 * seen.Sum(load => load.KvUsedTokens!.Value) / seen.Sum(load => load.KvTotalTokens!.Value);
        return seen.TrueForAll(load => load.KvFraction is not null) ? 100 * seen.Average(load => load.KvFraction!.Value) : null;
    }
}
