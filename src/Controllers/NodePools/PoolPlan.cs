using Nemotron.Controllers.NodePools.Provisioning;

namespace Nemotron.Controllers.NodePools;

/// <summary>All that is to be done about a pool at one moment. Pure.</summary>
internal sealed record PoolPlan
{
    /// <summary>What is wanted of the nodes, by name.</summary>
    public required IReadOnlyDictionary<string, NodeMarks> Marks { get; init; }

    /// <summary>How many nodes there should be, of a pool of type Scale.</summary>
    public ScaleDecision? Scale { get; init; }

    /// <summary>What the provisioner is asked for and says; null for a Static pool.</summary>
    public ProvisionReport? Report { get; init; }

    /// <summary>When to decide again though nothing has changed; null for never.</summary>
    public DateTimeOffset? LookAgain { get; init; }

    /// <summary>What is wanted of a node.</summary>
    public NodeMarks MarksOf(string node) => Marks.GetValueOrDefault(node, NodeMarks.None);

    /// <summary>Decides.</summary>
    /// <param name="snapshot">What is seen of the pool.</param>
    /// <param name="scale">The object whose replicas are its nodes; null where it has none.</param>
    public static PoolPlan Decide(PoolSnapshot snapshot, ScaleState? scale)
    {
        if (scale is null || PoolBudgets.Fault(snapshot.Pool.Spec) is not null) return new PoolPlan { Marks = new Dictionary<string, NodeMarks>() };
        var decision = ScaleDecision.Decide(snapshot, scale);
        return new PoolPlan
        {
            Marks = decision.Marks,
            Scale = decision,
            Report = ProvisionReport.Of(snapshot, scale, decision),
            LookAgain = decision.Size?.LookAgain,
        };
    }
}
