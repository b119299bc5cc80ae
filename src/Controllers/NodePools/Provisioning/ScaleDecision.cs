using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;
using Nemotron.Planning.Placement;
using Nemotron.Planning.Pools;

namespace Nemotron.Controllers.NodePools.Provisioning;

/// <summary>The object whose replicas are a pool's nodes, as it was read.</summary>
/// <param name="Target">Which object.</param>
/// <param name="Reading">Its scale; null when that is not known.</param>
/// <param name="Trouble">Why it is not known, in a sentence.</param>
/// <param name="KindMissing">Whether its kind is not served at all.</param>
internal sealed record ScaleState(ObjectReference Target, ScaleReading? Reading, string? Trouble = null, bool KindMissing = false);

/// <summary>What becomes of a pool of type Scale.</summary>
/// <param name="Size">How large it should be; null while that cannot be told: then nothing is changed.</param>
/// <param name="Marks">What is wanted of its nodes, by name.</param>
/// <param name="Held">Why empty nodes are not given back though they could be; null where none is held.</param>
internal sealed record ScaleDecision(PoolSize? Size, IReadOnlyDictionary<string, NodeMarks> Marks, string? Held)
{
    /// <summary>Decides. Pure.</summary>
    public static ScaleDecision Decide(PoolSnapshot snapshot, ScaleState state)
    {
        var spec = snapshot.Pool.Spec;
        // Unknown is hold: what is closed stays closed, and what counts since when is kept.
        if (state.Reading is not { } reading || spec.MaxNodes is not { } most || spec.Gpu is not { } gpu) return new ScaleDecision(null, Kept(snapshot), null);
        var nodes = snapshot.Members.Nodes.Select(node => Node(snapshot, node, gpu.PerNode)).ToList();
        var delay = spec.Provisioner?.Scale?.ScaleDownDelay?.Value ?? TimeSpan.FromMinutes(10);
        var harm = Harm(snapshot, state.Target, nodes);
        var demand = new PoolDemand
        {
            Nodes = nodes,
            Waiting = snapshot.Waiting,
            NodeGpus = TpGroups.LargestNode(snapshot.States) is > 0 and var largest ? largest : gpu.PerNode,
            Requested = reading.Desired,
            MinNodes = Math.Min(spec.MinNodes ?? 0, most),
            MaxNodes = most,
            ScaleDownDelay = delay,
            MostLeaving = harm is null ? PoolBudgets.Allowed(spec, null, nodes.Count, snapshot.Now) : 0,
            Now = snapshot.Now,
        };
        var size = PoolSizing.Decide(demand);
        var marks = snapshot.Members.Nodes.Zip(nodes).ToDictionary(pair => pair.First.Metadata.Name, pair => new NodeMarks
        {
            EmptySince = pair.Second.EmptySince,
            Cordon = size.Leaving.Contains(pair.Second.Name) ? $"{NodeMarks.ScaleDown}: empty for {delay} or longer; to be given back." : null,
        });
        var held = harm is not null && reading.Desired > demand.MinNodes && nodes.Any(node => node is { State: PoolNodeState.Usable, Allocated: 0, EmptySince: { } since } && since + delay <= snapshot.Now) ? harm : null;
        return new ScaleDecision(size, marks, held);
    }

    private static Dictionary<string, NodeMarks> Kept(PoolSnapshot snapshot) => snapshot.Members.Nodes.ToDictionary(
        node => node.Metadata.Name,
        node => new NodeMarks
        {
            EmptySince = EmptySince(snapshot, node),
            Cordon = NodeMarks.IsToBeGivenBack(node) ? node.Annotation(NemotronAnnotations.CordonReason) : null,
        });

    private static PoolNode Node(PoolSnapshot snapshot, NodeView node, int perNode)
    {
        var seen = node.ToNodeState(snapshot.GpusByNode.GetValueOrDefault(node.Metadata.Name));
        var state = node.Metadata.DeletionTimestamp is not null || snapshot.Sick.ContainsKey(node.Metadata.Name) ? PoolNodeState.Closed
            : NodeMarks.IsToBeGivenBack(node) ? PoolNodeState.Leaving
            : seen.Fault == NodeFault.None ? PoolNodeState.Usable
            : seen.Fault is NodeFault.NoGpusOffered or NodeFault.NotReady && seen.IsYoung(snapshot.Now) ? PoolNodeState.Starting
            : PoolNodeState.Closed;
        return new PoolNode(seen.Name, state == PoolNodeState.Starting ? Math.Max(perNode, seen.Allocatable) : seen.Allocatable, seen.Allocated, state, EmptySince(snapshot, node), seen.Clique);
    }

    private static DateTimeOffset? EmptySince(PoolSnapshot snapshot, NodeView node)
    {
        if (snapshot.GpusByNode.GetValueOrDefault(node.Metadata.Name) > 0) return null;
        return NodeMarks.Date(node.Annotation(NemotronAnnotations.EmptySince)) ?? DateTimeOffset.FromUnixTimeSeconds(snapshot.Now.ToUnixTimeSeconds());
    }

    /// <summary>Why fewer replicas could cost a node that holds a group; null where they cannot.</summary>
    private static string? Harm(PoolSnapshot snapshot, ObjectReference target, List<PoolNode> nodes)
    {
        if (target.Group == MachineReference.Group)
        {
            var nameless = snapshot.Members.Nodes.Zip(nodes).Where(pair => pair.Second is { Allocated: 0, State: PoolNodeState.Usable or PoolNodeState.Leaving } && MachineReference.Of(pair.First, target) is null).Select(pair => pair.Second.Name).ToList();
            return nameless.Count == 0 ? null : $"Node {nameless[0]} has no annotation {MachineReference.NameAnnotation}, so its Machine cannot be named as the one to go.";
        }

        var busy = nodes.Where(node => node.Allocated > 0).Select(node => node.Name).ToList();
        return busy.Count == 0 ? null : $"{target.Kind} itself chooses which node goes when its replicas are lowered, and that could be {busy[0]}, which holds a group. Nodes are given back once all are empty, or lower the replicas yourself.";
    }
}
