using Nemotron.Controllers.Views;
using Nemotron.Crds;

namespace Nemotron.Controllers.Deployments;

/// <summary>When replicas move from a Deployment to a LeaderWorkerSet or back, because they grew beyond a node or shrank into one.</summary>
internal static class Handover
{
    /// <summary>
    /// Whether the object that keeps the old replicas may go now: at once when replicas are drained before new ones come, else when the new ones serve;
    /// and in any case when the old ones serve nobody, or, with Auto, stand in the way of the new.
    /// </summary>
    /// <param name="strategy">How replicas are replaced.</param>
    /// <param name="desired">Replicas wanted.</param>
    /// <param name="toGroups">Whether the new ones are those over several nodes.</param>
    /// <param name="pods">All pods, old and new.</param>
    public static bool OldMayGo(RolloutStrategy strategy, int desired, bool toGroups, IReadOnlyList<PodView> pods)
    {
        if (strategy == RolloutStrategy.Drain) return true;
        var old = pods.Where(pod => pod.InGroup != toGroups && !pod.Ended).ToList();
        var fresh = pods.Where(pod => pod.InGroup == toGroups && !pod.Ended).ToList();
        if (!old.Any(pod => pod.Ready && !pod.IsWorker)) return true;
        if (fresh.Count(pod => pod.Ready && !pod.IsWorker) >= desired) return true;
        return strategy == RolloutStrategy.Auto && fresh.Any(pod => pod.Unschedulable is not null);
    }
}
