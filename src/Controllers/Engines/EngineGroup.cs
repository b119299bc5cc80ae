using Nemotron.Controllers.Views;
using Nemotron.Engines.Fleet;

namespace Nemotron.Controllers.Engines;

/// <summary>One replica as a TP group: the pod that serves, those that compute for it, and what its engine says.</summary>
/// <param name="Replica">Names it within its namespace.</param>
/// <param name="Leader">The pod that answers requests; null while only workers are there.</param>
/// <param name="Pods">All of its pods that have not ended.</param>
/// <param name="Report">What its engine said last; null where it is not asked.</param>
/// <param name="Sick">What is wrong with it, or null.</param>
/// <param name="FoundAt">When that was found.</param>
internal sealed record EngineGroup(string Replica, PodView? Leader, IReadOnlyList<PodView> Pods, EngineReport? Report, EngineSickness? Sick, DateTimeOffset? FoundAt)
{
    /// <summary>Whether a pod of it is being deleted.</summary>
    public bool Leaving => Pods.Any(pod => pod.Metadata.DeletionTimestamp is not null);

    /// <summary>Whether the kubelet calls it ready.</summary>
    public bool Ready => Leader is { Ready: true };

    /// <summary>Whether it serves, as far as is known: unknown is what the kubelet says.</summary>
    public bool Serves => Ready && Sick is null;

    /// <summary>When its serving pod was made.</summary>
    public DateTimeOffset? Created => Leader?.Metadata.CreationTimestamp is { } at ? new DateTimeOffset(at.ToUniversalTime(), TimeSpan.Zero) : null;

    /// <summary>
    /// Whether it will serve in a while if it is left alone. Not so: one that has no place, one whose container does not start, and one that has had the time a
    /// start may take; waiting for those would mean to wait for ever.
    /// </summary>
    public bool OnItsWay(DateTimeOffset now, TimeSpan startupLimit) =>
        !Leaving && !Ready && Sick is null
        && !Pods.Any(pod => pod.Unschedulable is not null || pod.ContainerTrouble is not null)
        && (Created is not { } created || now - created < startupLimit);
}
