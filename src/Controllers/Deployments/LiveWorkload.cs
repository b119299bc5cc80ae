using k8s.Models;
using Nemotron.Controllers.Views;

namespace Nemotron.Controllers.Deployments;

/// <summary>The object that keeps the replicas, as it stands: a Deployment, or a LeaderWorkerSet where a replica takes several nodes.</summary>
/// <param name="Replicas">Replicas it is told to keep, without one that is there only while another is moved.</param>
/// <param name="Updated">Replicas of the newest template, as it counts them.</param>
/// <param name="ProgressingSince">Since when it is short of what it is told; null while it is not, or where it does not say.</param>
/// <param name="Stuck">Its own word that nothing has moved for too long, or null.</param>
internal sealed record LiveWorkload(int? Replicas, int Updated, DateTime? ProgressingSince, string? Stuck)
{
    /// <summary>Whether replicas of an older template are left.</summary>
    public bool RollsOut { get; init; }

    /// <summary>Of a Deployment.</summary>
    public static LiveWorkload? Of(V1Deployment? live) => live is null ? null : new LiveWorkload(
        live.Spec.Replicas - ExtraReplica.Of(live),
        live.Status?.UpdatedReplicas ?? 0,
        null,
        live.Status?.Conditions?.FirstOrDefault(condition => condition.Type == "Progressing") is { Status: "False", Reason: "ProgressDeadlineExceeded" } stuck
            ? stuck.Message
            : null) { RollsOut = live.Status is { } status && (status.UpdatedReplicas ?? 0) < (status.Replicas ?? 0) };

    /// <summary>Of a LeaderWorkerSet, which knows no deadline.</summary>
    public static LiveWorkload? Of(LeaderWorkerSet? live) => live is null ? null : new LiveWorkload(
        live.Spec.Replicas,
        live.Status?.UpdatedReplicas ?? 0,
        live.Status?.Conditions?.FirstOrDefault(condition => condition is { Type: "Progressing", Status: "True" })?.LastTransitionTime,
        null) { RollsOut = live.Status is { } status && (status.UpdatedReplicas ?? 0) < (status.Replicas ?? 0) };

    /// <summary>Whether nothing has moved for longer than <paramref name="deadline"/>; says why in words, or null.</summary>
    public string? StuckAt(DateTimeOffset now, TimeSpan deadline) =>
        Stuck ?? (ProgressingSince is { } since && now - since > deadline ? $"the group is not ready after {deadline.TotalMinutes:0} minutes" : null);
}
