using Nemotron.Controllers.Views;

namespace Nemotron.Controllers.Deployments;

/// <summary>Whether a rollout waits for a place that does not come: somebody else has taken the GPUs that were free when it began.</summary>
/// <param name="Stalled">Whether it has waited long enough.</param>
/// <param name="Due">When it will have; null where it does not wait, or has.</param>
internal sealed record SurgeStall(bool Stalled, DateTimeOffset? Due)
{
    /// <summary>Nothing waits.</summary>
    public static readonly SurgeStall None = new(false, null);

    // Who ends, or is preempted, is gone by then.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Looks. Pure.</summary>
    /// <param name="live">The object that keeps the replicas, or null.</param>
    /// <param name="pods">The pods.</param>
    /// <param name="roomToCome">Whether a node may still come that a replica would fit on: that is waited for.</param>
    /// <param name="now">The time.</param>
    public static SurgeStall Of(LiveWorkload? live, IReadOnlyList<PodView> pods, bool roomToCome, DateTimeOffset now)
    {
        // Without old replicas nothing would come free by letting one go.
        if (roomToCome || live is not { RollsOut: true }) return None;
        var since = pods.Where(pod => !pod.Ended && pod.Unschedulable is not null && pod.Metadata.DeletionTimestamp is null).Min(pod => pod.Metadata.CreationTimestamp);
        if (since is not { } made) return None;
        var due = new DateTimeOffset(made.ToUniversalTime(), TimeSpan.Zero) + Patience;
        return due <= now ? new SurgeStall(true, null) : new SurgeStall(false, due);
    }
}
