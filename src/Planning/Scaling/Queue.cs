namespace Nemotron.Planning.Scaling;

/// <summary>Watches the requests that wait: a queue that grows is a need that no forecast has seen.</summary>
internal static class Queue
{
    private static readonly TimeSpan PanicLasts = TimeSpan.FromMinutes(3);
    private const int GrowingTicks = 2;

    // A few waiting requests per replica are those that came since its last step.
    private const double PerReplica = 2;

    public static ScalingState Watch(ScalingState state, ScalingSignals signals, double queued, DateTimeOffset now)
    {
        var grows = state.Queued is { } before && queued > before && queued > PerReplica * Math.Max(1, signals.Ready);
        var growth = grows ? state.QueueGrowth + 1 : 0;
        return state with
        {
            Queued = queued,
            QueueGrowth = growth,
            PanicUntil = growth >= GrowingTicks ? now + PanicLasts : state.PanicUntil > now ? state.PanicUntil : null,
        };
    }
}
