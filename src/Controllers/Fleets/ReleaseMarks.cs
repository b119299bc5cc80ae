using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.Fleets;

/// <summary>
/// Marks the pods that are to go first when a Deployment shrinks, so that those go whose GPUs somebody else needs together: a ReplicaSet takes the pods of
/// the lowest <c>controller.kubernetes.io/pod-deletion-cost</c>. Groups of a LeaderWorkerSet cannot be chosen: it takes those of the highest index.
/// </summary>
[EntityRbac(typeof(PodView), Verbs = RbacVerb.Patch)]
internal sealed class ReleaseMarks(IObjectPatcher patcher)
{
    private const string DeletionCost = "controller.kubernetes.io/pod-deletion-cost";

    private readonly ConcurrentDictionary<string, HashSet<string>> _marked = new(StringComparer.Ordinal);

    /// <summary>Marks those, and takes the mark from pods that are to stay after all.</summary>
    /// <param name="entity">The deployment.</param>
    /// <param name="release">Names of the pods that are to go.</param>
    /// <param name="shrinks">Whether the Deployment is about to be told to shrink; else marks only stay on pods that have not gone yet.</param>
    /// <param name="pods">Its pods.</param>
    /// <param name="cancellationToken">Cancels the requests.</param>
    public async Task ApplyAsync(NemotronDeployment entity, IReadOnlyList<string> release, bool shrinks, IReadOnlyList<PodView> pods, CancellationToken cancellationToken)
    {
        var before = _marked.GetValueOrDefault(entity.Metadata.Uid);
        var present = pods.Where(pod => !pod.Ended && !pod.InGroup && pod.Metadata.DeletionTimestamp is null).Select(pod => pod.Metadata.Name).ToHashSet(StringComparer.Ordinal);
        var wanted = release.Where(pod => present.Contains(pod) && (shrinks || before?.Contains(pod) == true)).ToHashSet(StringComparer.Ordinal);
        foreach (var pod in wanted.Where(pod => before?.Contains(pod) != true).Order(StringComparer.Ordinal)) await PatchAsync(pod, "-1000");
        foreach (var pod in (before ?? []).Where(pod => present.Contains(pod) && !wanted.Contains(pod)).Order(StringComparer.Ordinal)) await PatchAsync(pod, null);
        if (wanted.Count > 0) _marked[entity.Metadata.Uid] = wanted;
        else _marked.TryRemove(entity.Metadata.Uid, out _);

        Task PatchAsync(string pod, string? cost) => patcher.MergePatchAsync<PodView>(
            new NamespacedName(entity.Metadata.NamespaceProperty, pod),
            new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [DeletionCost] = cost } } },
            cancellationToken);
    }

    /// <summary>Forgets a deployment.</summary>
    public void Forget(string uid) => _marked.TryRemove(uid, out _);
}
