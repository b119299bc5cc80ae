using Nemotron.Planning.Scaling;

namespace Nemotron.Planning.Simulation.Policies;

/// <summary>The operator's own decision: the very same <see cref="ScalingDecider"/>.</summary>
/// <param name="spec">What the deployment's autoscaling says.</param>
/// <param name="capacity">What one replica is expected to do.</param>
public sealed class NemotronPolicy(ScalingPolicySpec spec, ReplicaCapacity capacity) : IScalingPolicy
{
    private ScalingState _state = ScalingState.Empty;

    /// <summary>The last decision; null before the first.</summary>
    public ScalingDecision? Last { get; private set; }

    /// <inheritdoc />
    public int Decide(FleetView view)
    {
        (Last, _state) = ScalingDecider.Decide(spec, capacity, view.Signals, _state, view.Clock);
        return Last.Desired;
    }
}
