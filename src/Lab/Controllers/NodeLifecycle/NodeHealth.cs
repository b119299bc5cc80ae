using Nemotron.Lab.Controllers.Scheduling;

namespace Nemotron.Lab.Controllers.NodeLifecycle;

/// <summary>What a node's health asks for.</summary>
/// <param name="Lost">Whether its kubelet has fallen silent: all its conditions become Unknown.</param>
/// <param name="Taints">The node's taints as they should be.</param>
/// <param name="LookAgain">When the Lease runs out if it is not renewed, or null.</param>
internal sealed record NodeVerdict(bool Lost, IReadOnlyList<Taint> Taints, DateTimeOffset? LookAgain);

/// <summary>Judges a node by its Lease and its Ready condition.</summary>
internal static class NodeHealth
{
    public const string NotReady = "node.kubernetes.io/not-ready";
    public const string Unreachable = "node.kubernetes.io/unreachable";
    public const string Unschedulable = "node.kubernetes.io/unschedulable";

    /// <summary>Judges a node.</summary>
    /// <param name="ready">The status of its Ready condition, or null when it has none yet.</param>
    /// <param name="taints">Its taints.</param>
    /// <param name="cordoned">Whether it is cordoned.</param>
    /// <param name="leaseEnds">When its Lease runs out; null when it has none, and then silence proves nothing.</param>
    /// <param name="now">The time now.</param>
    public static NodeVerdict Judge(string? ready, IReadOnlyList<Taint> taints, bool cordoned, DateTimeOffset? leaseEnds, DateTimeOffset now)
    {
        var lost = leaseEnds <= now;
        var status = lost ? "Unknown" : ready;
        var wanted = new List<(string Key, string Effect)>();
        if (status is null or "False") wanted.Add((NotReady, "NoSchedule"));
        if (status == "False") wanted.Add((NotReady, "NoExecute"));
        if (status == "Unknown")
        {
            wanted.Add((Unreachable, "NoSchedule"));
            wanted.Add((Unreachable, "NoExecute"));
        }

        if (cordoned) wanted.Add((Unschedulable, "NoSchedule"));
        var next = taints.Where(taint => taint.Key is not (NotReady or Unreachable or Unschedulable) || wanted.Contains((taint.Key, taint.Effect))).ToList();
        foreach (var (key, effect) in wanted)
        {
            if (!next.Any(taint => taint.Key == key && taint.Effect == effect)) next.Add(new(key, "", effect) { Added = now });
        }

        return new(lost && ready != "Unknown", next, lost ? null : leaseEnds);
    }
}

/// <summary>When a pod must leave a node because of <c>NoExecute</c> taints.</summary>
internal static class TaintEviction
{
    private const string OutOfService = "node.kubernetes.io/out-of-service";

    /// <summary>Whether pods that are asked to go are given up: a person says that the node is off, and it is not ready.</summary>
    /// <param name="ready">The status of the node's Ready condition.</param>
    /// <param name="taints">Its taints.</param>
    public static bool IsOutOfService(string? ready, IReadOnlyList<Taint> taints) => ready != "True" && taints.Any(taint => taint.Key == OutOfService);

    /// <summary>The time, now or in the past for "at once"; null for never.</summary>
    public static DateTimeOffset? EvictAt(IReadOnlyList<Toleration> tolerations, IReadOnlyList<Taint> taints, DateTimeOffset now)
    {
        DateTimeOffset? earliest = null;
        foreach (var taint in taints)
        {
            if (taint.Effect != "NoExecute") continue;
            var matching = tolerations.Where(toleration => toleration.Tolerates(taint)).ToList();
            if (matching.Count == 0) return now;
            if (matching.Select(toleration => toleration.Seconds).OfType<long>().DefaultIfEmpty(-1).Min() is var seconds && matching.All(toleration => toleration.Seconds is null)) continue;
            // The shortest of the bounded tolerations counts, as in the real eviction controller.
            var at = (taint.Added ?? now).AddSeconds(Math.Clamp(seconds, 0, int.MaxValue));
            earliest = earliest is null || at < earliest ? at : earliest;
        }

        return earliest;
    }
}
