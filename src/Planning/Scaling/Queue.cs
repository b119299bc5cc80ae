namespace Nemotron.Planning.Scaling;

/// <summary>Watches the requests that wait: a queue that grows is a need that no forecast has seen.</summary>
internal static class Queue
{
    private static readonly TimeSpan PanicLasts = TimeSpan.FromMinutes(3);
    private const int GrowingTicks = 2;

    // A few waiting requests per replica are those that came since its last step, and a wait of this share of the TTFT objective is none to speak of.
    private const double PerReplica = 2;
    private const double ShareOfTtft = 0.25;
    private const double UsualTtftSeconds = 2;

    /// <summary>Whether the queue is more than a moment's: by Little's law, who waits over who ends is the wait.</summary>
    public static bool IsLong(ScalingPolicySpec spec, ScalingSignals signals, double queued)
    {
        var ttft = (spec.Latency.Off?.Ttft, spec.Latency.On?.Ttft) switch
        {
            ({ } off, { } on) => Math.Min(off.TotalSeconds, on.TotalSeconds),
            ({ } off, null) => off.TotalSeconds,
            (null, { } on) => on.TotalSeconds,
            _ => UsualTtftSeconds,
        };
        return queued > PerReplica * Math.Max(1, signals.Ready) && queued > ShareOfTtft * ttft * Completed(signals);
    }

    /// <summary>Requests per second that end, of both modes.</summary>
    public static double Completed(ScalingSignals signals) => (signals.Modes.Off.Completions?.Value ?? 0) + (signals.Modes.On.Completions?.Value ?? 0);

    public static ScalingState Watch(ScalingPolicySpec spec, ScalingState state, ScalingSignals signals, double queued, DateTimeOffset now)
    {
        var grows = state.Queued is { } before && queued > before && IsLong(spec, signals, queued);
        var growth = grows ? state.QueueGrowth + 1 : 0;
        return state with
        {
            Queued = queued,
            QueueGrowth = growth,
            PanicUntil = growth >= GrowingTicks ? now + PanicLasts : state.PanicUntil > now ? state.PanicUntil : null,
        };
    }
}
