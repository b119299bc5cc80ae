using k8s.Models;
using Nemotron.Controllers.Views;

namespace Nemotron.Controllers.Deployments;

/// <summary>The replicas of a NemotronDeployment, counted from its pods and its Deployment.</summary>
/// <param name="Desired">Wanted.</param>
/// <param name="Existing">Pods that have not ended, those that are being taken away among them.</param>
/// <param name="Ready">Pods that serve.</param>
/// <param name="Updated">Pods of the newest template, as the Deployment counts them.</param>
/// <param name="Unplaced">Pods that the scheduler cannot place.</param>
/// <param name="SchedulerSays">What it says of the first of them, or null.</param>
/// <param name="Trouble">Why a container of the first pod in trouble does not start, or null.</param>
internal sealed record ReplicaCounts(int Desired, int Existing, int Ready, int Updated, int Unplaced, string? SchedulerSays, string? Trouble)
{
    public static ReplicaCounts Of(int desired, V1Deployment? live, IReadOnlyList<PodView> pods)
    {
        var present = pods.Where(pod => !pod.Ended).OrderBy(pod => pod.Metadata.Name, StringComparer.Ordinal).ToList();
        var unplaced = present.Where(pod => pod.Unschedulable is not null).ToList();
        return new ReplicaCounts(
            desired,
            present.Count,
            present.Count(pod => pod.Ready),
            live?.Status?.UpdatedReplicas ?? 0,
            unplaced.Count,
            unplaced.FirstOrDefault()?.Unschedulable,
            present.Where(pod => !pod.Ready).Select(pod => pod.ContainerTrouble is { } trouble ? $"{pod.Metadata.Name}: {trouble}" : null).FirstOrDefault(trouble => trouble is not null));
    }
}
