namespace Nemotron.Lab.Controllers.Workloads;

/// <summary>What a ReplicaSet should do next, and the counts it should show.</summary>
/// <param name="Create">How many pods to create.</param>
/// <param name="Delete">Which pods to delete, in this order.</param>
/// <param name="Replicas">Active pods.</param>
/// <param name="Ready">Active pods that are ready.</param>
/// <param name="Available">Active pods that have been ready for <c>minReadySeconds</c>.</param>
/// <param name="NextAvailable">When the next ready pod becomes available, or null.</param>
internal sealed record ReplicaSetPlan(
    int Create, IReadOnlyList<string> Delete, int Replicas, int Ready, int Available, DateTimeOffset? NextAvailable);

/// <summary>Decides for one ReplicaSet.</summary>
internal static class ReplicaSetDecision
{
    /// <summary>The most pods created or deleted in one step, as the real controller bounds its bursts.</summary>
    public const int Burst = 500;

    /// <summary>Compares what is with what is wanted.</summary>
    /// <param name="desired">The wanted number of pods.</param>
    /// <param name="minReady">How long a pod must be ready to count as available.</param>
    /// <param name="owned">The pods of this ReplicaSet.</param>
    /// <param name="crowding">Active pods per node, over all ReplicaSets of the same Deployment; asked for only when victims are to be chosen.</param>
    /// <param name="now">The time now.</param>
    public static ReplicaSetPlan Decide(
        int desired, TimeSpan minReady, IReadOnlyCollection<PodFacts> owned, Func<IReadOnlyDictionary<string, int>> crowding, DateTimeOffset now)
    {
        var active = owned.Where(pod => pod.Active).ToList();
        var missing = desired - active.Count;
        string[] victims = missing >= 0
            ? []
            : [.. active.Order(new VictimRanking(crowding(), now)).Take(Math.Min(-missing, Burst)).Select(pod => pod.Name)];
        DateTimeOffset? next = null;
        foreach (var pod in active)
        {
            if (pod.ReadySince is not { } since || since + minReady <= now) continue;
            var at = since + minReady;
            next = next is null || at < next ? at : next;
        }

        return new(
            Math.Clamp(missing, 0, Burst),
            victims,
            active.Count,
            active.Count(pod => pod.Ready),
            active.Count(pod => pod.Available(minReady, now)),
            next);
    }
}
