using Nemotron.Controllers.NodePools.Consolidation;
using Nemotron.Controllers.NodePools.Health;
using Nemotron.Controllers.NodePools.Provisioning;
using Nemotron.Controllers.Views;
using Nemotron.Crds;

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

    /// <summary>The replicas that would be moved to free whole nodes; null where the pool does not ask for it.</summary>
    public IReadOnlyList<PlannedMove>? Moves { get; init; }

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
            return new PoolPlan
            {
                Marks = repair.Marks,
                Repair = repair,
                Report = karpenter?.Report(snapshot),
                Moves = PlannedMoves.Of(snapshot, repair, repair.Marks),
                LookAgain = repair.LookAgain,
            };
        }

        var sick = repair.Marks.Where(pair => pair.Value.Cordon is not null).ToDictionary(pair => pair.Key, pair => NodeMarks.Word(pair.Value.Cordon!));
        var decision = ScaleDecision.Decide(snapshot with { Sick = sick }, scale);
        var marks = decision.Marks.ToDictionary(
            pair => pair.Key,
            pair => repair.Marks.TryGetValue(pair.Key, out var wanted) ? wanted with { EmptySince = pair.Value.EmptySince } : pair.Value);
        return new PoolPlan
        {
            Marks = marks,
            Repair = repair,
            Scale = decision,
            Report = ProvisionReport.Of(snapshot, scale, decision),
            Moves = PlannedMoves.Of(snapshot, repair, marks),
            LookAgain = Earlier(decision.Size?.LookAgain, repair.LookAgain),
        };
    }

    // What was closed stays closed until the budgets can be read.
    private static PoolPlan Hold(PoolSnapshot snapshot) => new()
    {
        Marks = snapshot.Members.Nodes.ToDictionary(node => node.Metadata.Name, NodeMarks.AsTheyAre),
        Repair = new RepairDecision { Findings = [], Marks = new Dictionary<string, NodeMarks>(), Drain = new Dictionary<string, bool>(), Replace = [], Readmitted = [], Held = [] },
    };

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) => one is null || other < one ? other : one;
}
