using Nemotron.Planning.Scaling;

namespace Nemotron.Planning.Simulation.Policies;

/// <summary>The operator's own decision: the very same <see cref="ScalingDecider"/>.</summary>
/// <param name="spec">What the deployment's autoscaling says.</param>
/// <param name="capacity">What one replica is expected to do.</param>
public sealed class NemotronPolicy(ScalingPolicySpec spec, ReplicaCapacity capacity) : IScalingPolicy
{
    /// <summary>What the next decision takes over.</summary>
    public ScalingState State { get; private set; } = ScalingState.Empty;

    /// <summary>The last decision; null before the first.</summary>
    public ScalingDecision? Last { get; private set; }

    /// <inheritdoc />
    public int Decide(FleetView view)
    {
        (Last, State) = ScalingDecider.Decide(spec, capacity, view.Signals, State, view.Clock);
        return Last.Desired;
    }
}
