namespace Nemotron.Planning.Simulation.Policies;

/// <summary>Follows a plan that was made beforehand: one number for each tick. A constant plan is a fleet without an autoscaler.</summary>
/// <param name="plan">Replicas at the first tick, the second, and so on; the last number holds on.</param>
public sealed class PlannedPolicy(IReadOnlyList<int> plan) : IScalingPolicy
{
    private int _tick;

    /// <inheritdoc />
    public bool ReadsSignals => false;

    /// <inheritdoc />
    public int Decide(FleetView view) => plan[Math.Min(_tick++, plan.Count - 1)];
}
