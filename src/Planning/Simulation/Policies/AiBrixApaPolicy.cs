namespace Nemotron.Planning.Simulation.Policies;

/// <summary>
/// AIBrix's APA on the KV cache use: r = use / target; above 1.1 up to min(ceil(N r), 2 N), below 0.9 down to max(ceil(N r), N / 2); a
/// cool-down upwards of 0 and downwards of 300 s.
/// </summary>
/// <param name="target">Mean share of the cache in use.</param>
/// <param name="downCooldown">Least time since the last change before going down.</param>
public sealed class AiBrixApaPolicy(double target, TimeSpan downCooldown) : IScalingPolicy
{
    private const double Fluctuation = 0.1;
    private TimeSpan _changed = TimeSpan.Zero;

    /// <inheritdoc />
    public int Decide(FleetView view)
    {
        var current = view.Signals.Replicas;
        if (PeerSignals.KvUse(view.Signals) is not { } use) return current;
        var ratio = use / target;
        var wanted = current;
        if (ratio > 1 + Fluctuation) wanted = Math.Min((int)Math.Ceiling(current * ratio), 2 * current);
        else if (ratio < 1 - Fluctuation && view.Now - _changed >= downCooldown) wanted = Math.Max((int)Math.Ceiling(current * ratio), current / 2);
        wanted = Math.Max(1, wanted);
        if (wanted != current) _changed = view.Now;
        return wanted;
    }
}
