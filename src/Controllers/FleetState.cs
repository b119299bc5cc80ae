using Nemotron.Controllers.Deployments;
using Nemotron.Controllers.Models;
using Nemotron.Controllers.NodePools;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;
using Nemotron.Planning;

namespace Nemotron.Controllers;

/// <summary>What the caches say about pools, nodes and models, in the terms of the decisions.</summary>
internal sealed class FleetState(
    IInformerCache<GpuNodePool> pools,
    IInformerCache<NodeView> nodes,
    IInformerCache<PodView> pods,
    ModelLibrary library,
    GpuCatalogue gpus)
{
    /// <summary>The GPUs that are known.</summary>
    public GpuCatalogue Gpus => gpus;

    /// <summary>The models that are known.</summary>
    public ModelCatalogue Models => library.Catalogue;

    /// <summary>All pools with their nodes and what pods take of them.</summary>
    /// <param name="fresh">Pools that the cache has not seen yet.</param>
    public IReadOnlyList<PoolState> Pools(params IReadOnlyList<GpuNodePool> fresh)
    {
        var allPools = fresh.Count == 0 ? pools.List() : [.. pools.List().Concat(fresh).DistinctBy(pool => pool.Metadata.Name)];
        var allNodes = nodes.List();
        return [.. allPools.Select(pool => new PoolState(
            pool,
            [.. PoolMembership.Of(pool, allPools, allNodes).Nodes.Select(node => node.ToNodeState(AllocatedOn(node.Metadata.Name)))]))];
    }

    /// <summary>What is seen of a pool, which the cache need not have yet.</summary>
    public PoolSnapshot Snapshot(GpuNodePool pool, DateTimeOffset now)
    {
        var members = MembersOf(pool);
        return new(pool, members, members.Nodes.ToDictionary(node => node.Metadata.Name, node => AllocatedOn(node.Metadata.Name)), WaitingFor(pool.Metadata.Name), now);
    }

    /// <summary>A pool's members.</summary>
    public PoolMembership.Members MembersOf(GpuNodePool pool) => PoolMembership.Of(pool, pools.List(), nodes.List());

    /// <summary>Nodes that carry a pool's mark, members or not.</summary>
    public IReadOnlyList<NodeView> Marked(string pool) => nodes.ByLabel(NemotronLabels.NodePool, pool);

    /// <summary>GPUs that pods on a node ask for.</summary>
    public int AllocatedOn(string node) => pods.ByIndex(PodView.ByNode, node).Where(pod => !pod.Ended).Sum(pod => pod.Gpus);

    /// <summary>Replicas planned for a pool that the scheduler cannot place.</summary>
    public int WaitingFor(string pool) => pods.ByLabel(NemotronLabels.NodePool, pool).Count(pod => !pod.Ended && pod.Unschedulable is not null);
}
