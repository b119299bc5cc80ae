using System.Collections.Concurrent;
using Nemotron.Controllers.Deployments;
using Nemotron.Controllers.Models;
using Nemotron.Controllers.NodePools;
using Nemotron.Controllers.NodePools.Consolidation;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;
using Nemotron.Planning;
using Nemotron.Planning.Placement;
using Nemotron.Planning.Pools;

namespace Nemotron.Controllers;

/// <summary>
/// What the caches say about pools, nodes and models, in the terms of the decisions. Worked out anew only where something has changed: every reconcile
/// asks for all nodes and pods.
/// </summary>
internal sealed class FleetState(
    IInformerCache<GpuNodePool> pools,
    IInformerCache<NodeView> nodes,
    IInformerCache<PodView> pods,
    ModelLibrary library,
    GpuCatalogue gpus,
    IInformerCache<LeaderWorkerSet>? sets = null)
{
    private readonly ConcurrentDictionary<string, Counted> counted = new(StringComparer.Ordinal);
    private volatile Memberships? memberships;
    private volatile AllPools? known;

    /// <summary>The GPUs that are known.</summary>
    public GpuCatalogue Gpus => gpus;

    /// <summary>The models that are known.</summary>
    public ModelCatalogue Models => library.Catalogue;

    /// <summary>All pools with their nodes and what pods take of them.</summary>
    /// <param name="fresh">Pools that the cache has not seen yet.</param>
    public IReadOnlyList<PoolState> Pools(params IReadOnlyList<GpuNodePool> fresh)
    {
        if (fresh.Count > 0) return With(fresh);
        // Versions first: a change that comes while the rest is read makes it outdated, not wrong for ever.
        var versions = (pools.Changes, nodes.Changes, pods.Changes);
        if (known is { } before && before.Versions == versions) return before.Pools;
        IReadOnlyList<PoolState> all = [.. Membership().ByPool.Select(pair => new PoolState(pair.Pool, [.. pair.Members.Nodes.Select(StateOf)]))];
        known = new AllPools(versions, all);
        return all;
    }

    private IReadOnlyList<PoolState> With(IReadOnlyList<GpuNodePool> fresh)
    {
        IReadOnlyList<GpuNodePool> all = [.. pools.List().Concat(fresh).DistinctBy(pool => pool.Metadata.Name)];
        var nodes = Membership().Nodes;
        return [.. all.Select(pool => new PoolState(pool, [.. PoolMembership.Of(pool, all, nodes).Nodes.Select(StateOf)]))];
    }

    /// <summary>What is seen of a pool, which the cache need not have yet.</summary>
    public PoolSnapshot Snapshot(GpuNodePool pool, DateTimeOffset now)
    {
        var members = MembersOf(pool);
        var waiting = WaitingGroups(pool.Metadata.Name);
        return new(pool, members, members.Nodes.ToDictionary(node => node.Metadata.Name, node => AllocatedOn(node.Metadata.Name)), waiting.Count, now)
        {
            Waiting = waiting,
            Engines = PlannedMoves.Asked(pool.Spec) || pool.Status?.Consolidation?.Move is not null ? [.. members.Nodes.SelectMany(node => EnginePodsOn(node.Metadata.Name))] : [],
        };
    }

    /// <summary>A pool's members.</summary>
    public PoolMembership.Members MembersOf(GpuNodePool pool)
    {
        var now = Membership();
        foreach (var (known, members) in now.ByPool)
            if (ReferenceEquals(known, pool)) return members;
        return PoolMembership.Of(pool, pools.List(), now.Nodes);
    }

    /// <summary>Nodes that carry a pool's mark, members or not.</summary>
    public IReadOnlyList<NodeView> Marked(string pool) => nodes.ByLabel(NemotronLabels.NodePool, pool);

    /// <summary>GPUs that pods on a node ask for.</summary>
    public int AllocatedOn(string node)
    {
        // The index hands out the same list until something changes on the node.
        var present = pods.ByIndex(PodView.ByNode, node);
        if (counted.TryGetValue(node, out var known) && ReferenceEquals(known.Pods, present)) return known.Gpus;
        var sum = present.Where(pod => !pod.Ended).Sum(pod => pod.Gpus);
        counted[node] = new Counted(present, sum, null, null);
        return sum;
    }

    /// <summary>Pods of the operator's on a node that have not ended.</summary>
    public IReadOnlyList<PodView> EnginePodsOn(string node) =>
        [.. pods.ByIndex(PodView.ByNode, node).Where(pod => !pod.Ended && pod.Metadata.Labels?.ContainsKey(NemotronLabels.Deployment) == true)];

    /// <summary>Pods planned for a pool that load the model, or are ready and still marked as if they did.</summary>
    public IReadOnlyList<PodView> MarkedAsLoading(string pool) =>
        [.. pods.ByLabel(NemotronLabels.NodePool, pool).Where(pod => pod.Metadata.Labels.ContainsKey(NemotronLabels.Loading))];

    /// <summary>Replicas planned for a pool that the scheduler cannot place, with what of them has no place.</summary>
    public IReadOnlyList<WaitingGroup> WaitingGroups(string pool) =>
    [
        .. pods.ByLabel(NemotronLabels.NodePool, pool)
            .Where(pod => !pod.Ended && pod.Metadata.DeletionTimestamp is null)
            .GroupBy(pod => (pod.Metadata.NamespaceProperty, pod.Replica))
            .Where(group => group.Any(pod => pod.Unschedulable is not null))
            .Select(group => Waiting($"{group.Key.NamespaceProperty}/{group.Key.Replica}", [.. group]))
            .OrderBy(group => group.Name, StringComparer.Ordinal),
    ];

    private WaitingGroup Waiting(string name, IReadOnlyList<PodView> present)
    {
        var unplaced = present.Where(pod => pod.NodeName is null).ToList();
        // Workers may be made only once their leader has a node.
        var size = present[0].Metadata.Labels?.TryGetValue(LeaderWorkerSet.NameLabel, out var set) == true
            ? sets?.Get(present[0].Metadata.NamespaceProperty, set)?.Spec.LeaderWorkerTemplate.Size ?? present.Count
            : present.Count;
        return new WaitingGroup(name, new GroupShape(Math.Max(1, unplaced.Count + Math.Max(0, size - present.Count)), Math.Max(1, unplaced.Max(pod => pod.Gpus))));
    }

    private NodeState StateOf(NodeView node)
    {
        var present = pods.ByIndex(PodView.ByNode, node.Metadata.Name);
        if (counted.TryGetValue(node.Metadata.Name, out var known) && ReferenceEquals(known.Pods, present) && ReferenceEquals(known.Node, node)) return known.State!;
        var sum = present.Where(pod => !pod.Ended).Sum(pod => pod.Gpus);
        var state = node.ToNodeState(sum);
        counted[node.Metadata.Name] = new Counted(present, sum, node, state);
        return state;
    }

    private Memberships Membership()
    {
        var versions = (pools.Changes, nodes.Changes);
        if (memberships is { } known && known.Versions == versions) return known;
        var allPools = pools.List();
        var allNodes = nodes.List();
        foreach (var gone in counted.Keys.Except(allNodes.Select(node => node.Metadata.Name))) counted.TryRemove(gone, out _);
        var fresh = new Memberships(versions, allNodes, [.. allPools.Select(pool => (pool, PoolMembership.Of(pool, allPools, allNodes)))]);
        memberships = fresh;
        return fresh;
    }

    private sealed record Counted(IReadOnlyList<PodView> Pods, int Gpus, NodeView? Node, NodeState? State);

    private sealed record Memberships(
        (long Pools, long Nodes) Versions, IReadOnlyList<NodeView> Nodes, IReadOnlyList<(GpuNodePool Pool, PoolMembership.Members Members)> ByPool);

    private sealed record AllPools((long Pools, long Nodes, long Pods) Versions, IReadOnlyList<PoolState> Pools);
}
