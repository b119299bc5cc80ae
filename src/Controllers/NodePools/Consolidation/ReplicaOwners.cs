using k8s.Models;
using Nemotron.Controllers.Deployments;
using Nemotron.Controllers.Deployments.Children;
using Nemotron.Controllers.Fleets;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.NodePools.Consolidation;

/// <summary>Looks up, from the caches, whose the replicas on a pool's nodes are.</summary>
internal sealed class ReplicaOwners(
    IInformerCache<NemotronDeployment> deployments, IInformerCache<V1Deployment> workloads, IInformerCache<PodView> pods, IInformerCache<GpuNodePool> pools, FleetMembership fleets)
{
    /// <summary>The owners of a pool's replicas and of the one that it moves.</summary>
    public IReadOnlyDictionary<NamespacedName, ReplicaOwner> Of(PoolSnapshot snapshot)
    {
        var keys = snapshot.Engines.Select(pod => new NamespacedName(pod.Metadata.NamespaceProperty, pod.Metadata.Labels[NemotronLabels.Deployment]));
        if (snapshot.Pool.Status?.Consolidation?.Move is { } move) keys = keys.Append(new NamespacedName(move.Namespace, move.Deployment));
        return keys.Distinct().ToDictionary(key => key, key => Of(key, snapshot.Pool.Metadata.Name));
    }

    private ReplicaOwner Of(NamespacedName key, string pool)
    {
        var entity = deployments.Get(key);
        return new ReplicaOwner
        {
            Key = key,
            Entity = entity,
            Live = workloads.Get(key.Namespace, ChildNames.Deployment(key.Name)),
            Pods = entity is null ? [] : DeploymentSnapshots.PodsOf(pods, entity),
            Floor = entity is not null && fleets.Of(entity) is { } fleet ? FleetRules.For(fleet, entity)?.FloorReplicas ?? 0 : 0,
            MovedIn = pools.List().FirstOrDefault(other => other.Metadata.Name != pool && other.Status?.Consolidation?.Move is { } move && move.Namespace == key.Namespace && move.Deployment == key.Name)?.Metadata.Name,
        };
    }
}
