using Nemotron.Controllers.NodePools.Health;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;
using Nemotron.Planning.Pools;

namespace Nemotron.Controllers.NodePools.Consolidation;

/// <summary>The replicas of a pool that would be moved so that whole nodes become free. Pure.</summary>
/// <param name="Moves">The moves, in the order in which they are made.</param>
/// <param name="Stays">Why nodes in use are not emptied, each in a sentence without its full stop; those that would take the fewest moves first.</param>
internal sealed record PlannedMoves(IReadOnlyList<PlannedMove> Moves, IReadOnlyList<string> Stays)
{
    /// <summary>Whether the pool asks for a plan.</summary>
    public static bool Asked(GpuNodePoolSpec spec) => spec.Consolidation?.Mode is ConsolidationMode.DryRun or ConsolidationMode.WhenFragmented;

    /// <summary>The plan.</summary>
    /// <param name="snapshot">What is seen of the pool.</param>
    /// <param name="repair">What is done about its sick nodes.</param>
    /// <param name="marks">What is wanted of its nodes, by name.</param>
    public static PlannedMoves Of(PoolSnapshot snapshot, RepairDecision repair, IReadOnlyDictionary<string, NodeMarks> marks)
    {
        // A signal that is doubted is none to move replicas by.
        if (repair.Doubted) return new([], ["more nodes look sick at once than is believable"]);
        var sick = repair.Findings.Select(finding => finding.Node).ToHashSet(StringComparer.Ordinal);
        var closing = marks.Where(pair => pair.Value.Cordon is not null).Select(pair => pair.Key).ToHashSet(StringComparer.Ordinal);
        var open = snapshot.Members.Nodes.Zip(snapshot.States)
            .Where(pair => pair.First.Metadata.DeletionTimestamp is null && !sick.Contains(pair.Second.Name) && !closing.Contains(pair.Second.Name))
            .ToList();
        var nodes = open.ToDictionary(pair => pair.Second.Name, pair => pair.First, StringComparer.Ordinal);
        var engines = snapshot.Engines.Where(pod => pod.Gpus > 0 && pod.NodeName is { } on && nodes.ContainsKey(on)).ToList();
        var refused = engines.Select(pod => (Pod: pod, Why: MoveRules.Refusal(pod, OwnerOf(pod, snapshot)))).ToList();
        var movable = refused.Where(one => one.Why is null).ToDictionary(one => Name(one.Pod), one => one.Pod, StringComparer.Ordinal);
        // Nodes that are out of service already, for whatever reason of the operator's, count.
        var allowed = Math.Max(0, PoolBudgets.Allowed(snapshot.Pool.Spec, DisruptionReason.Consolidation, snapshot.Members.Nodes.Count, snapshot.Now) - closing.Count);
        var plan = NodeConsolidation.Decide(new ConsolidationDemand
        {
            Nodes = [.. open.Select(pair => pair.Second)],
            Movable = [.. movable.Select(pair => new MovableGroup(pair.Key, pair.Value.NodeName!, pair.Value.Gpus, Fits(pair.Value, nodes)))],
            MostNodes = allowed,
            First = snapshot.Pool.Status?.Consolidation?.Emptying,
        });
        return new(
            [.. plan.Moves.Select(move => new PlannedMove { Namespace = movable[move.Group].Metadata.NamespaceProperty, Pod = movable[move.Group].Metadata.Name, From = move.From, To = move.To })],
            [.. plan.Kept.Select(kept => $"{kept.Node} {Why(kept, refused, movable, allowed)}")]);
    }

    /// <summary>The NemotronDeployment that a pod is a replica of, as far as it is known.</summary>
    public static ReplicaOwner? OwnerOf(PodView pod, PoolSnapshot snapshot) =>
        pod.Metadata.Labels?.TryGetValue(NemotronLabels.Deployment, out var name) == true ? snapshot.Owners.GetValueOrDefault(new NamespacedName(pod.Metadata.NamespaceProperty, name)) : null;

    private static string Why(KeptNode kept, List<(PodView Pod, string? Why)> refused, Dictionary<string, PodView> movable, int allowed) => kept.For switch
    {
        KeptFor.NoRoom => $"stays: no other node in use has {movable[kept.Group!].Gpus} free GPUs that {kept.Group} could take",
        KeptFor.Receives => "stays: it takes replicas of another",
        KeptFor.Budget => allowed == 0 ? "stays: spec.budgets allows no node to be emptied now" : $"comes later: spec.budgets allows {allowed} at once",
        KeptFor.MostMoves => "comes later: the plan has as many moves as it may have",
        _ => refused.Where(one => one.Pod.NodeName == kept.Node && one.Why is not null).Select(one => $"stays: {Name(one.Pod)} {one.Why}").FirstOrDefault() ?? "stays: pods that are not the operator's hold GPUs of it",
    };

    // What the node it is on keeps others away with, it tolerates.
    private static HashSet<string> Fits(PodView pod, Dictionary<string, NodeView> nodes)
    {
        var tolerated = Barring(nodes[pod.NodeName!]).ToHashSet();
        return nodes.Values
            .Where(node => pod.Spec!.NodeSelector?.All(label => node.Label(label.Key) == label.Value) != false && Barring(node).All(tolerated.Contains))
            .Select(node => node.Metadata.Name).ToHashSet(StringComparer.Ordinal);
    }

    // Its own, which is there for a moment only, says nothing about who fits.
    private static IEnumerable<(string Key, string Value, string Effect)> Barring(NodeView node) =>
        node.Taints.Where(taint => taint.Effect != "PreferNoSchedule" && taint.Key != NemotronTaints.Consolidating).Select(taint => (taint.Key, taint.Value, taint.Effect));

    private static string Name(PodView pod) => $"{pod.Metadata.NamespaceProperty}/{pod.Metadata.Name}";
}
