using Nemotron.Controllers.Deployments;

namespace Nemotron.Controllers.Scaling;

/// <summary>Sorts a deployment's pods for the autoscaler. Pure.</summary>
internal static class ServedPods
{
    /// <summary>Sorts.</summary>
    /// <param name="snapshot">What is known of the deployment.</param>
    /// <param name="readyBefore">Names of the pods that served at the tick before; null at the first.</param>
    /// <param name="freeGroups">Free TP groups of its pool; null where they are not known.</param>
    public static ServedBy Of(DeploymentSnapshot snapshot, IReadOnlySet<string>? readyBefore, int? freeGroups)
    {
        var answering = snapshot.Pods.Where(pod => !pod.IsWorker && !pod.Ended).ToList();
        var ready = answering.Where(pod => pod.Ready).ToList();
        var waiting = answering.Where(pod => !pod.Ready && pod.Metadata.DeletionTimestamp is null).ToList();
        var newest = readyBefore is null ? null : ready.Where(pod => !readyBefore.Contains(pod.Metadata.Name)).MaxBy(pod => pod.Metadata.CreationTimestamp);
        // A replica over several nodes takes a group of pods, and the pods of a Deployment are its replicas.
        var existing = answering.Count(pod => pod.Metadata.DeletionTimestamp is null && pod.NodeName is not null);
        return new ServedBy(
            snapshot.Entity.Metadata.NamespaceProperty,
            [.. ready.Select(pod => pod.Metadata.Name)],
            [.. answering.Where(pod => !pod.Ready).Select(pod => pod.Metadata.Name)],
            snapshot.Workload(inGroups: null)?.Replicas ?? snapshot.Entity.Status?.DesiredReplicas ?? 0,
            waiting.Count == 0 ? null : waiting.Min(pod => (DateTimeOffset?)pod.Metadata.CreationTimestamp),
            newest?.Metadata.CreationTimestamp is { } created ? snapshot.Now - created : null,
            freeGroups + existing);
    }
}
