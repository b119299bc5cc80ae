using Nemotron.Controllers.NodePools.Health;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Planning.Pools;

namespace Nemotron.Controllers.NodePools.Consolidation;

/// <summary>The replicas of a pool that would be moved so that whole nodes become free. Pure.</summary>
internal static class PlannedMoves
{
    /// <summary>Whether the pool asks for a plan.</summary>
    public static bool Asked(GpuNodePoolSpec spec) => spec.Consolidation?.Mode is ConsolidationMode.DryRun or ConsolidationMode.WhenFragmented;

    /// <summary>The moves; null where the pool does not ask for them.</summary>
    /// <param name="snapshot">What is seen of the pool.</param>
    /// <param name="repair">What is done about its sick nodes.</param>
    /// <param name="marks">What is wanted of its nodes, by name.</param>
    public static IReadOnlyList<PlannedMove>? Of(PoolSnapshot snapshot, RepairDecision repair, IReadOnlyDictionary<string, NodeMarks> marks)
    {
        if (!Asked(snapshot.Pool.Spec)) return null;
        // A signal that is doubted is none to move replicas by.
        if (repair.Doubted) return [];
        var sick = repair.Findings.Select(finding => finding.Node).ToHashSet(StringComparer.Ordinal);
        var closing = marks.Where(pair => pair.Value.Cordon is not null).Select(pair => pair.Key).ToHashSet(StringComparer.Ordinal);
        var open = snapshot.Members.Nodes.Zip(snapshot.States)
            .Where(pair => pair.First.Metadata.DeletionTimestamp is null && !sick.Contains(pair.Second.Name) && !closing.Contains(pair.Second.Name))
            .ToList();
        var nodes = open.ToDictionary(pair => pair.Second.Name, pair => pair.First, StringComparer.Ordinal);
        var movable = snapshot.Engines.Where(pod => pod.NodeName is { } on && nodes.ContainsKey(on) && Moves(pod)).ToDictionary(Name, StringComparer.Ordinal);
        var plan = NodeConsolidation.Decide(new ConsolidationDemand
        {
            Nodes = [.. open.Select(pair => pair.Second)],
            Movable = [.. movable.Select(pair => new MovableGroup(pair.Key, pair.Value.NodeName!, pair.Value.Gpus, Fits(pair.Value, nodes)))],
            // Nodes that are out of service already, for whatever reason of the operator's, count.
            MostNodes = Math.Max(0, PoolBudgets.Allowed(snapshot.Pool.Spec, DisruptionReason.Consolidation, snapshot.Members.Nodes.Count, snapshot.Now) - closing.Count),
        });
        return [.. plan.Moves.Select(move => new PlannedMove { Namespace = movable[move.Group].Metadata.NamespaceProperty, Pod = movable[move.Group].Metadata.Name, From = move.From, To = move.To })];
    }

    // One that loads is left alone, and so is one that others follow or that says itself where it must be: whether it would find a place is for the scheduler to say.
    private static bool Moves(PodView pod) =>
        pod is { Ready: true, Gpus: > 0, InGroup: false, Spec.Affinity: null }
        && pod.Metadata.Annotations?.ContainsKey(KarpenterNodePool.DoNotDisrupt) != true
        && pod.Spec.TopologySpreadConstraints?.Any(spread => spread.WhenUnsatisfiable == "DoNotSchedule") != true;

    // What the node it is on keeps others away with, it tolerates.
    private static HashSet<string> Fits(PodView pod, Dictionary<string, NodeView> nodes)
    {
        var tolerated = Barring(nodes[pod.NodeName!]).ToHashSet();
        return nodes.Values
            .Where(node => pod.Spec!.NodeSelector?.All(label => node.Label(label.Key) == label.Value) != false && Barring(node).All(tolerated.Contains))
            .Select(node => node.Metadata.Name).ToHashSet(StringComparer.Ordinal);
    }

    private static IEnumerable<(string Key, string Value, string Effect)> Barring(NodeView node) =>
        node.Taints.Where(taint => taint.Effect != "PreferNoSchedule").Select(taint => (taint.Key, taint.Value, taint.Effect));

    private static string Name(PodView pod) => $"{pod.Metadata.NamespaceProperty}/{pod.Metadata.Name}";
}
