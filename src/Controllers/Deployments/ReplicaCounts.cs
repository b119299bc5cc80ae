using Nemotron.Controllers.Engines;
using Nemotron.Controllers.Views;

namespace Nemotron.Controllers.Deployments;

/// <summary>The replicas of a NemotronDeployment, counted from their pods and the object that keeps them. One over several nodes is one replica.</summary>
/// <param name="Desired">Wanted.</param>
/// <param name="Existing">Replicas with pods that have not ended, those that are being taken away among them; not those that should be gone by now, on a node that is lost.</param>
/// <param name="Ready">Replicas that serve.</param>
/// <param name="Updated">Replicas of the newest template, as the object that keeps them counts.</param>
/// <param name="Unplaced">Replicas of which the scheduler cannot place a pod.</param>
/// <param name="SchedulerSays">What it says of the first of them, or null.</param>
/// <param name="Trouble">Why a container of the first pod in trouble does not start, as its status has it; null for none.</param>
internal sealed record ReplicaCounts(int Desired, int Existing, int Ready, int Updated, int Unplaced, string? SchedulerSays, string? Trouble)
{
    public static ReplicaCounts Of(int desired, LiveWorkload? live, IReadOnlyList<PodView> pods, DateTimeOffset now, EngineFindings? engines = null)
    {
        var present = pods.Where(pod => !pod.Ended && !pod.Overdue(now)).OrderBy(pod => pod.Metadata.Name, StringComparer.Ordinal).ToList();
        var unplaced = present.Where(pod => pod.Unschedulable is not null).ToList();
        return new ReplicaCounts(
            desired,
            present.DistinctBy(pod => pod.Replica).Count(),
            // The pod that answers is ready once its whole group computes; the kubelet may not notice when it no longer does.
            present.Where(pod => pod.Ready && !pod.IsWorker && engines?.IsSick(pod) != true).DistinctBy(pod => pod.Replica).Count(),
            live?.Updated ?? 0,
            unplaced.DistinctBy(pod => pod.Replica).Count(),
            unplaced.FirstOrDefault()?.Unschedulable,
            present.Where(pod => !pod.Ready).Select(pod => pod.ContainerTrouble is { } trouble ? $"{pod.Metadata.Name}: {trouble}" : null).FirstOrDefault(trouble => trouble is not null));
    }
}
