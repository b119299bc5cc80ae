namespace Nemotron.Planning.Simulation.Policies;

/// <summary>
/// KubeAI: ceil(mean of the active requests over a window / target); down only after so long of votes in a row for it. Its defaults: 60 samples of
/// 10 s, 100 requests, 30 s.
/// </summary>
/// <param name="targetRequests">Active requests per replica.</param>
/// <param name="window">Time of the mean.</param>
/// <param name="downDelay">How long a need for fewer must last.</param>
public sealed class KubeAiPolicy(double targetRequests, TimeSpan window, TimeSpan downDelay) : IScalingPolicy
{
    private readonly Queue<(TimeSpan At, double Active)> _samples = [];
    private double _sum;
    private int _votes;

    /// <inheritdoc />
    public int Decide(FleetView view)
    {
        if (PeerSignals.InFlight(view.Signals) is not { } active) return view.Signals.Replicas;
        _samples.Enqueue((view.Now, active));
        _sum += active;
        while (_samples.Peek().At <= view.Now - window) _sum -= _samples.Dequeue().Active;
        var wanted = (int)Math.Ceiling(_sum / _samples.Count / targetRequests);
        if (wanted >= view.Signals.Replicas)
        {
            _votes = 0;
            return wanted;
        }
        _votes++;
        if (_votes * FleetSimulator.TickInterval < downDelay) return view.Signals.Replicas;
        _votes = 0;
        return wanted;
    }
}
