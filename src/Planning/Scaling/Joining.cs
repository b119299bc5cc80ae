namespace Nemotron.Planning.Scaling;

/// <summary>
/// Watches replicas join. A router that sends to the replica with the fewest in flight fills a new one with all that arrives: for a moment latency tells of
/// that crowd, not of how many replicas there are, and who learned from it would ask for more, which join, and so on.
/// </summary>
internal static class Joining
{
    // Rates and percentiles are over the last minute, and the newest scrape may be a scrape's interval old.
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(75);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    // The crowd's own requests count when they end: most have after so many mean lives.
    private const double Lives = 2;

    /// <summary>Remembers when a replica was last seen to begin to serve.</summary>
    public static ScalingState Watch(ScalingState state, ScalingSignals signals, DateTimeOffset now) => state with
    {
        Ready = signals.Ready,
        ReadyRose = signals.Ready > (state.Ready ?? int.MaxValue) ? now : state.ReadyRose,
    };

    /// <summary>Whether latency still tells of a replica that has just joined.</summary>
    public static bool IsUnderWay(ScalingState state, ScalingSignals signals, DateTimeOffset now)
    {
        if (state.ReadyRose is not { } rose) return false;
        var ended = Queue.Completed(signals);
        var life = ended > 0 ? TimeSpan.FromSeconds(Math.Min(Longest.TotalSeconds, signals.InFlight / ended)) : Longest;
        var lasts = Window + Lives * life;
        return now - rose < (lasts < Longest ? lasts : Longest);
    }
}
