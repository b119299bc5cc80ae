using Nemotron.Controllers.NodePools.Consolidation;
using Nemotron.Controllers.NodePools.Health;
using Nemotron.Controllers.NodePools.Provisioning;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;
using Nemotron.Planning.Pools;

namespace Nemotron.Controllers.NodePools;

/// <summary>All that is to be done about a pool at one moment. Pure.</summary>
internal sealed record PoolPlan
{
    /// <summary>What is wanted of the nodes, by name.</summary>
    public required IReadOnlyDictionary<string, NodeMarks> Marks { get; init; }

    /// <summary>What is done about sick nodes.</summary>
    public required RepairDecision Repair { get; init; }

    /// <summary>How many nodes there should be, of a pool of type Scale.</summary>
    public ScaleDecision? Scale { get; init; }

    /// <summary>What the provisioner is asked for and says; null for a Static pool.</summary>
    public ProvisionReport? Report { get; init; }

    /// <summary>What is done so that whole nodes become free.</summary>
    public ConsolidationDecision Consolidation { get; init; } = ConsolidationDecision.None;

    /// <summary>When to decide again though nothing has changed; null for never.</summary>
    public DateTimeOffset? LookAgain { get; init; }

    /// <summary>What is wanted of a node.</summary>
    public NodeMarks MarksOf(string node) => Marks.GetValueOrDefault(node, NodeMarks.None);

    /// <summary>Decides.</summary>
    /// <param name="snapshot">What is seen of the pool.</param>
    /// <param name="scale">The object whose replicas are its nodes; null where it has none.</param>
    /// <param name="karpenter">What Karpenter says; null where it does not make the nodes.</param>
    /// <param name="gpus">What is known of a node's GPUs.</param>
    public static PoolPlan Decide(PoolSnapshot snapshot, ScaleState? scale, KarpenterState? karpenter, Func<NodeView, GpuEvidence> gpus)
    {
        if (PoolBudgets.Fault(snapshot.Pool.Spec) is not null) return Hold(snapshot);
        var repair = RepairDecision.Decide(snapshot, gpus);
        if (scale is null)
        {
            var consolidation = ConsolidationDecision.Decide(snapshot, repair, repair.Marks);
            return new PoolPlan
            {
                Marks = With(repair.Marks, consolidation),
                Repair = repair,
                Report = karpenter?.Report(snapshot),
                Consolidation = consolidation,
                LookAgain = Earlier(Earlier(repair.LookAgain, consolidation.LookAgain), ScheduleLook(snapshot, repair)),
            };
        }

        var sick = repair.Marks.Where(pair => pair.Value.Cordon is not null).ToDictionary(pair => pair.Key, pair => NodeMarks.Word(pair.Value.Cordon!));
        var decision = ScaleDecision.Decide(snapshot with { Sick = sick, Waiting = WaitingForNodes(snapshot) }, scale);
        var marks = decision.Marks.ToDictionary(
            pair => pair.Key,
            pair => repair.Marks.TryGetValue(pair.Key, out var wanted) ? wanted with { EmptySince = pair.Value.EmptySince } : pair.Value);
        var moving = ConsolidationDecision.Decide(snapshot, repair, marks);
        return new PoolPlan
        {
            Marks = With(marks, moving),
            Repair = repair,
            Scale = decision,
            Report = ProvisionReport.Of(snapshot, scale, decision),
            Consolidation = moving,
            LookAgain = Earlier(Earlier(decision.Size?.LookAgain, repair.LookAgain), Earlier(moving.LookAgain, ScheduleLook(snapshot, repair))),
        };
    }

    // No node is made for a replacement that finds no room: its move is given up. Once the Deployment is to have no replica more, what waits is wanted.
    private static IReadOnlyList<WaitingGroup> WaitingForNodes(PoolSnapshot snapshot)
    {
        if (snapshot.Pool.Status?.Consolidation?.Move is not { Phase: MovePhase.Surging or MovePhase.Undoing } move || snapshot.Owners.GetValueOrDefault(new NamespacedName(move.Namespace, move.Deployment)) is not { Surges: true } owner) return snapshot.Waiting;
        var moving = owner.Pods.Select(pod => $"{pod.Metadata.NamespaceProperty}/{pod.Replica}").ToHashSet(StringComparer.Ordinal);
        return [.. snapshot.Waiting.Where(group => !moving.Contains(group.Name))];
    }

    private static Dictionary<string, NodeMarks> With(IReadOnlyDictionary<string, NodeMarks> marks, ConsolidationDecision consolidation)
    {
        var all = new Dictionary<string, NodeMarks>(marks, StringComparer.Ordinal);
        foreach (var (node, word) in consolidation.Closed) all[node] = all.GetValueOrDefault(node, NodeMarks.None) with { Consolidating = word };
        return all;
    }

    // What was closed stays closed until the budgets can be read.
    private static PoolPlan Hold(PoolSnapshot snapshot) => new()
    {
        Marks = snapshot.Members.Nodes.ToDictionary(node => node.Metadata.Name, NodeMarks.AsTheyAre),
        Consolidation = ConsolidationDecision.Held(snapshot.Pool),
        Repair = new RepairDecision { Findings = [], Marks = new Dictionary<string, NodeMarks>(), Drain = new Dictionary<string, bool>(), Silent = [], Replace = [], Readmitted = [], Held = [] },
    };

    // Nothing tells that a budget begins or ends to hold; its schedule is in minutes.
    private static DateTimeOffset? ScheduleLook(PoolSnapshot snapshot, RepairDecision repair) =>
        (repair.Held.Count > 0 || PlannedMoves.Asked(snapshot.Pool.Spec)) && snapshot.Pool.Spec.Budgets?.Any(budget => budget.Schedule is not null) == true ? snapshot.Now + TimeSpan.FromMinutes(1) : null;

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) => one is null || other < one ? other : one;
}
