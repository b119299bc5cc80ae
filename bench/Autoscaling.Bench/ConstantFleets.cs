using Nemotron.Planning.Simulation;
using Nemotron.Planning.Simulation.Policies;

namespace Nemotron.Autoscaling.Bench;

/// <summary>Fleets without an autoscaler, each run once however many goodputs are asked for.</summary>
/// <param name="scenario">The load.</param>
/// <param name="lowest">The lowest goodput that will be asked for: a run that falls below it is given up.</param>
internal sealed class ConstantFleets(FleetScenario scenario, double lowest)
{
    private const int Most = 300;
    private readonly Dictionary<int, FleetOutcome?> _outcomes = [];

    /// <summary>GPU-hours of the smallest fleet that reaches a goodput; null where the largest does not.</summary>
    public double? LeastGpuHours(double goodput)
    {
        var (low, high) = (0, Most + 1);
        double? hours = null;
        while (high - low > 1)
        {
            var tried = (low + high) / 2;
            if (Outcome(tried) is { } outcome && outcome.Goodput >= goodput) (high, hours) = (tried, outcome.GpuHours);
            else low = tried;
        }
        return hours;
    }

    private FleetOutcome? Outcome(int replicas)
    {
        if (_outcomes.TryGetValue(replicas, out var known)) return known;
        return _outcomes[replicas] = FleetSimulator.RunWhile(scenario with { InitialReplicas = replicas }, new PlannedPolicy([replicas]), standing => standing.Goodput >= lowest);
    }
}
