using Nemotron.Controllers.NodePools.Consolidation;
using Nemotron.Controllers.NodePools.Health;
using Nemotron.Controllers.NodePools.Provisioning;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;
using Nemotron.Planning.Placement;
using Nemotron.Planning.Pools;

namespace Nemotron.Controllers.NodePools;

/// <summary>What is seen of a pool: the input of its status.</summary>
/// <param name="Pool">The pool.</param>
/// <param name="Members">Its nodes.</param>
/// <param name="GpusByNode">GPUs requested by pods on each node, by the node's name; absent is none.</param>
/// <param name="GroupsWaiting">Replicas planned for the pool that the scheduler cannot place.</param>
/// <param name="Now">The time.</param>
internal sealed record PoolSnapshot(
    GpuNodePool Pool,
    PoolMembership.Members Members,
    IReadOnlyDictionary<string, int> GpusByNode,
    int GroupsWaiting,
    DateTimeOffset Now)
{
    /// <summary>The replicas that wait, with what of them has no node.</summary>
    public IReadOnlyList<WaitingGroup> Waiting { get; init; } = [];

    /// <summary>Pods of the operator's on its nodes; looked up only where consolidation asks for them.</summary>
    public IReadOnlyList<PodView> Engines { get; init; } = [];

    /// <summary>Whose these are; looked up as they are.</summary>
    public IReadOnlyDictionary<NamespacedName, ReplicaOwner> Owners { get; init; } = new Dictionary<NamespacedName, ReplicaOwner>();

    /// <summary>Weights that deployments keep on the pool's nodes, by key.</summary>
    public IReadOnlySet<string> WeightsUsed { get; init; } = new HashSet<string>();

    /// <summary>What was downloaded to a node, by key; nodes as <c>NAME/UID</c>.</summary>
    public ILookup<string, string> WeightsDownloaded { get; init; } = Array.Empty<string>().ToLookup(none => none);

    /// <summary>The weights on a node's disk that are used: those it is marked with, and those that have just come.</summary>
    public IReadOnlyCollection<string> WeightsOn(NodeView node) =>
    [
        .. (node.Metadata.Labels?.Keys ?? []).Where(key => key.StartsWith(NemotronLabels.HeldWeights, StringComparison.Ordinal)).Select(key => key[NemotronLabels.HeldWeights.Length..])
            .Union(WeightsDownloaded[$"{node.Metadata.Name}/{node.Metadata.Uid}"])
            .Where(WeightsUsed.Contains),
    ];

    /// <summary>Whether budgets of pods let the replica go that is moved; null while nobody has asked.</summary>
    public bool? MayGo { get; init; }

    /// <summary>Its nodes as placement sees them, in the same order.</summary>
    public IReadOnlyList<NodeState> States => [.. Members.Nodes.Select(node => node.ToNodeState(GpusByNode.GetValueOrDefault(node.Metadata.Name)))];

    /// <summary>Nodes that are not to take groups since they are sick, by name, with the reason's word.</summary>
    public IReadOnlyDictionary<string, string> Sick { get; init; } = new Dictionary<string, string>();
}

/// <summary>From what is seen of a pool to its status. Pure.</summary>
internal static class PoolStatus
{
    // The schema's bound on the list; a pool with more sick nodes says so in its condition.
    private const int MostUnhealthyNodes = 64;

    /// <summary>The status.</summary>
    /// <param name="snapshot">What is seen.</param>
    /// <param name="provision">What its provisioner is asked for, and what it says; null for a Static pool.</param>
    /// <param name="repair">What is done about its sick nodes.</param>
    /// <param name="consolidation">What is done so that whole nodes become free.</param>
    public static GpuNodePoolStatus Of(PoolSnapshot snapshot, ProvisionReport? provision = null, RepairDecision? repair = null, ConsolidationDecision? consolidation = null)
    {
        var nodes = snapshot.States.ToList();
        var capacity = PoolCapacity.Of(nodes);
        var unhealthy = Unhealthy(snapshot, nodes, repair);
        // Each node is in one state only.
        var sick = unhealthy.Select(node => node.Name).ToHashSet(StringComparer.Ordinal);
        var others = nodes.Where(node => !sick.Contains(node.Name)).ToList();
        return new GpuNodePoolStatus
        {
            ObservedGeneration = snapshot.Pool.Metadata.Generation,
            Conditions = PoolConditions.Of(snapshot, nodes, capacity, unhealthy.Count, provision, repair, consolidation),
            Gpu = Gpu(nodes),
            Gpus = new PoolGpuCounts
            {
                Total = capacity.Total,
                Usable = capacity.Usable,
                Allocated = capacity.Allocated,
                Free = capacity.Free,
                Unhealthy = capacity.Unhealthy,
            },
            Nodes = new PoolNodeCounts
            {
                Total = nodes.Count,
                Ready = others.Count(node => node.Fault == NodeFault.None && node.Unhealthy == 0),
                Starting = others.Count(node => node.Fault == NodeFault.NoGpusOffered) + (provision?.OnTheirWay ?? 0),
                Cordoned = others.Count(node => node.Fault == NodeFault.Cordoned),
                Unhealthy = unhealthy.Count,
            },
            DesiredNodes = provision?.DesiredNodes,
            LargestFreeGroup = capacity.LargestFreeGroup,
            GroupsWaiting = snapshot.GroupsWaiting,
            UnhealthyNodes = unhealthy.Count == 0 ? null : [.. unhealthy.Take(MostUnhealthyNodes)],
            PlannedMoves = consolidation?.Moves,
            Consolidation = consolidation?.Status,
        };
    }

    private static ObservedGpu? Gpu(List<NodeState> nodes)
    {
        var labelled = nodes.Where(node => node.Product is not null).ToList();
        if (labelled.Count == 0) return null;
        var product = labelled.GroupBy(node => node.Product!).OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal).First().Key;
        var memory = labelled.Min(node => node.GpuMemoryMebibytes);
        return new ObservedGpu { Product = product, MemoryMiB = memory, PerNode = labelled.Min(node => Math.Max(node.Capacity, node.Allocatable)) };
    }

    private static List<UnhealthyNode> Unhealthy(PoolSnapshot snapshot, List<NodeState> nodes, RepairDecision? repair)
    {
        var former = (snapshot.Pool.Status?.UnhealthyNodes ?? []).ToDictionary(node => node.Name);
        var now = DateTime.UnixEpoch.AddSeconds(snapshot.Now.ToUnixTimeSeconds());
        var findings = (repair?.Findings ?? []).ToDictionary(finding => finding.Node, finding => (finding.Sickness.Word, finding.Sickness.Message));
        var closed = snapshot.Members.Nodes.Where(RepairDecision.IsClosed).ToDictionary(node => node.Metadata.Name, Closed);
        return [.. nodes
            .Select(node => (node, fault: findings.TryGetValue(node.Name, out var found) ? found : Describe(node) ?? (closed.TryGetValue(node.Name, out var was) ? was : null)))
            .Where(entry => entry.fault is not null)
            .Select(entry => new UnhealthyNode
            {
                Name = entry.node.Name,
                Reason = entry.fault!.Value.Reason,
                Message = entry.fault.Value.Message,
                Since = former.TryGetValue(entry.node.Name, out var before) && before.Reason == entry.fault.Value.Reason ? before.Since : now,
            })];
    }

    private static (string Reason, string Message)? Closed(NodeView node)
    {
        var reason = node.Annotation(NemotronAnnotations.CordonReason)!;
        var word = NodeMarks.Word(reason);
        return (word, $"{NodeSickness.ClosedPrefix}{reason[Math.Min(reason.Length, word.Length + 1)..].Trim()}");
    }

    private static (string Reason, string Message)? Describe(NodeState node) => node.Fault switch
    {
        NodeFault.NotReady => ("NodeNotReady", "The node is not ready: see kubectl describe node."),
        NodeFault.Shared => ("GpusShared", "Its GPUs are time-sliced or shared; a tensor-parallel rank needs a GPU of its own. Turn sharing off in the device plugin's configuration."),
        NodeFault.Mig => ("GpusSliced", "Its GPUs are cut into MIG slices, which cannot work together. Turn MIG off on the node."),
        NodeFault.None when node.Allocatable < node.Capacity => ("GpusMissing", $"The device plugin offers {node.Allocatable} of {node.Capacity} GPUs: the others are marked unhealthy."),
        _ => null,
    };
}
