using k8s;
using k8s.Models;
using Nemotron.Controllers.Deployments.Children;
using Nemotron.Kube;

namespace Nemotron.Controllers.Rollouts;

/// <summary>Tells which pods of a Deployment are of its newest template.</summary>
internal interface IRevisions
{
    /// <summary>The value of the label <c>pod-template-hash</c> of the newest ones; null while the Deployment's controller has not got to its newest template.</summary>
    /// <param name="live">The Deployment.</param>
    /// <param name="owner">The NemotronDeployment's name.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    Task<string?> NewestAsync(V1Deployment live, string owner, CancellationToken cancellationToken);
}

/// <summary>By the API: the ReplicaSet that carries the Deployment's own revision, as <c>kubectl rollout</c> finds it. Asked for only while a rollout with a gate is under way, so no cache of all ReplicaSets is kept.</summary>
[EntityRbac(typeof(V1ReplicaSet), Verbs = RbacVerb.List)]
internal sealed class Revisions(IKubernetes kubernetes) : IRevisions
{
    private const string Revision = "deployment.kubernetes.io/revision";
    private const string PodTemplateHash = "pod-template-hash";

    /// <inheritdoc/>
    public async Task<string?> NewestAsync(V1Deployment live, string owner, CancellationToken cancellationToken)
    {
        if (live.Status?.ObservedGeneration != live.Metadata.Generation || live.Metadata.Annotations?.TryGetValue(Revision, out var revision) != true) return null;
        var sets = await kubernetes.AppsV1.ListNamespacedReplicaSetAsync(
            live.Metadata.NamespaceProperty, labelSelector: string.Join(',', ChildLabels.Selector(owner).Select(label => $"{label.Key}={label.Value}")), cancellationToken: cancellationToken);
        var newest = sets.Items.FirstOrDefault(set =>
            set.Metadata.OwnerReferences?.Any(reference => reference.Uid == live.Metadata.Uid) == true
            && set.Metadata.Annotations?.TryGetValue(Revision, out var its) == true && its == revision);
        return newest?.Metadata.Labels?.TryGetValue(PodTemplateHash, out var hash) == true ? hash : null;
    }

    /// <summary>Whether a pod is of that template.</summary>
    public static bool IsOf(IKubernetesObject<V1ObjectMeta> pod, string hash) => pod.Metadata.Labels?.TryGetValue(PodTemplateHash, out var its) == true && its == hash;
}
