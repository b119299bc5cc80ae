using Nemotron.Controllers.Views;
using Nemotron.Crds;

namespace Nemotron.Controllers.Deployments;

/// <summary>When replicas move from a Deployment to a LeaderWorkerSet or back, because they grew beyond a node or shrank into one.</summary>
internal static class Handover
{
    /// <summary>
    /// Whether the object that keeps the old replicas may go now: at once when replicas are drained before new ones come, else when the new ones serve;
    /// and in any case when the old ones serve nobody, or, with Auto, stand in the way of the new: no node is to come for those without a place, and the others serve.
    /// </summary>
    /// <param name="strategy">How replicas are replaced.</param>
    /// <param name="desired">Replicas wanted.</param>
    /// <param name="toGroups">Whether the new ones are those over several nodes.</param>
    /// <param name="pods">All pods, old and new.</param>
    /// <param name="roomToCome">Whether nodes may still come that a new one would fit on.</param>
    public static bool OldMayGo(RolloutStrategy strategy, int desired, bool toGroups, IReadOnlyList<PodView> pods, bool roomToCome = false)
    {
        if (strategy == RolloutStrategy.Drain) return true;
        var old = pods.Where(pod => pod.InGroup != toGroups && !pod.Ended).ToList();
        var fresh = pods.Where(pod => pod.InGroup == toGroups && !pod.Ended).ToList();
        if (!old.Any(pod => pod.Ready && !pod.IsWorker)) return true;
        if (fresh.Count(pod => pod.Ready && !pod.IsWorker) >= desired) return true;
        if (strategy != RolloutStrategy.Auto || roomToCome) return false;
        var replicas = fresh.GroupBy(pod => pod.Replica).ToLookup(replica => replica.Any(pod => pod.Unschedulable is not null));
        // Those that have a place serve first: all old ones go at once.
        return replicas[true].Any() && replicas[false].All(replica => replica.Any(pod => pod.Ready && !pod.IsWorker));
    }
}
