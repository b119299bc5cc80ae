using Nemotron.Planning.Scaling;

namespace Nemotron.Planning.Simulation;

/// <summary>What a policy sees at a tick: the same for all.</summary>
/// <param name="Now">Time since the start of the trace.</param>
/// <param name="Clock">The calendar's time.</param>
/// <param name="Signals">What metrics and the API server say.</param>
public sealed record FleetView(TimeSpan Now, DateTimeOffset Clock, ScalingSignals Signals);

/// <summary>Decides how many replicas a simulated fleet shall have, every 15 s. Keeps its state to itself; one instance serves one run.</summary>
public interface IScalingPolicy
{
    /// <summary>Whether decisions depend on <see cref="FleetView.Signals"/>; where they do not, nothing is scraped and of the signals a view has the numbers of replicas only.</summary>
    bool ReadsSignals => true;

    /// <summary>Decides.</summary>
    /// <param name="view">What is known.</param>
    /// <returns>Replicas; the simulator holds them to the scenario's bounds.</returns>
    int Decide(FleetView view);
}
