namespace Nemotron.Planning.Scaling;

/// <summary>From what is recommended to what is done: stabilisation, N−1, steps, turns and bounds.</summary>
internal static class Pace
{
    /// <summary>There are never more than two changes of direction in this time.</summary>
    public static readonly TimeSpan BetweenTurns = TimeSpan.FromMinutes(10);

    // A turn down before that time is over leaves none for the way up until it is. So it waits at least so long, and leaves so many times what is needed.
    private static readonly TimeSpan EarliestTurn = TimeSpan.FromMinutes(4);
    private const double Ample = 1.25;

    // How much more than what is there is asked before more is.
    private const double Tolerance = 0.05;

    // What N−1 replicas must have to spare before one goes.
    private const double Spare = 0.02;

    public static (ScalingDecision Decision, ScalingState State) Apply(Verdict verdict, int recommended)
    {
        var (spec, bounds, now, state) = (verdict.Spec, verdict.Bounds, verdict.Now, verdict.State);
        var current = verdict.Signals.Replicas;
        verdict = verdict with
        {
            State = state with
            {
                Highest = Window(state.Highest, recommended, now, spec.ScaleDown.Stabilization, descending: true),
                Lowest = Window(state.Lowest, recommended, now, spec.ScaleUp.Stabilization, descending: false),
            },
        };
        if (Activation.IsIdle(verdict) && (bounds.Schedule is null || bounds.Min == 0))
            return TooSoon(verdict) || TurnsAreSpent(verdict) ? verdict.To(current, ScalingReason.RecentTurn, ScalingReason.Idle) : verdict.To(0, ScalingReason.Idle);
        var demand = verdict.Demand!;
        var largest = demand.Largest;
        // A hair more is noise, and not worth a turn: panic aside, the need must be a little beyond what is there.
        if (recommended > current && demand.Replicas <= (1 + Tolerance) * current && !(verdict.State.PanicUntil > now)) recommended = Math.Max(current, bounds.Min);
        if (recommended > current) return Up(verdict, recommended, verdict.State.PanicUntil > now ? ScalingReason.QueueGrowth : largest);
        if (recommended == current) return verdict.To(current, largest);
        return Down(verdict, recommended, largest);
    }

    private static (ScalingDecision Decision, ScalingState State) Up(Verdict verdict, int recommended, ScalingReason why)
    {
        var (pace, current) = (verdict.Spec.ScaleUp, verdict.Signals.Replicas);
        // Panic does not wait for a need to last.
        var lasting = why == ScalingReason.QueueGrowth ? recommended : Lasting(verdict.State.Lowest, verdict, pace.Stabilization);
        if (lasting <= current) return verdict.To(current, ScalingReason.Stabilizing, why);
        // What the last step asked for and a fleet has not granted yet is asked for on: it is no further step.
        if (verdict.State.LastUp is { } last && verdict.Now - last < pace.Interval)
            return verdict.To(verdict.State is { LastRose: true, LastDesired: { } asked } && asked > current ? Math.Min(lasting, asked) : current, ScalingReason.RateLimited, why);
        if (verdict.State.LastFell && TurnsAreSpent(verdict)) return verdict.To(current, ScalingReason.RecentTurn, why);
        var step = Math.Min(lasting - current, pace.MaxStep ?? int.MaxValue);
        return step < lasting - current ? verdict.To(current + step, why, ScalingReason.RateLimited) : verdict.To(current + step, why);
    }

    private static (ScalingDecision Decision, ScalingState State) Down(Verdict verdict, int recommended, ScalingReason why)
    {
        var (pace, current, now, state) = (verdict.Spec.ScaleDown, verdict.Signals.Replicas, verdict.Now, verdict.State);
        if (state.PanicUntil > now) return verdict.To(current, ScalingReason.QueueGrowth, why);
        // Of a fleet that is scraped in part only the rest of the load is unknown.
        if (verdict.Signals.Scraped is < 1) return verdict.To(current, ScalingReason.NoData, why);
        var lasting = state.Highest.Count > 0 && Seen(state, now, pace.Stabilization) ? state.Highest.Max(item => item.Replicas) : current;
        if (lasting >= current) return verdict.To(current, ScalingReason.Stabilizing, why);
        if (verdict.Demand!.Replicas > (1 - Spare) * (current - 1)) return verdict.To(current, ScalingReason.LastReplicaNeeded, why);
        if (state.LastDown is { } last && now - last < pace.Interval) return verdict.To(current, ScalingReason.RateLimited, why);
        var floor = Math.Max(lasting, recommended);
        if (TooSoon(verdict))
        {
            if (now - state.LastTurn!.Value < EarliestTurn || TurnsAreSpent(verdict)) return verdict.To(current, ScalingReason.RecentTurn, why);
            floor = (int)Math.Ceiling(Ample * floor);
            if (floor >= current) return verdict.To(current, ScalingReason.RecentTurn, why);
        }
        var step = Math.Min(current - floor, pace.MaxStep ?? 1);
        return verdict.To(current - step, why);
    }

    // Whether going down now would be a turn not long after another one.
    private static bool TooSoon(Verdict verdict) => verdict.State.LastRose && verdict.State.LastTurn is { } turn && verdict.Now - turn < BetweenTurns;

    // Whether a turn now would be the third.
    private static bool TurnsAreSpent(Verdict verdict) => verdict.State.TurnBefore is { } before && verdict.Now - before < BetweenTurns;

    // Without a window's worth of history nothing is known to have lasted.
    private static bool Seen(ScalingState state, DateTimeOffset now, TimeSpan window) => state.Since is { } since && now - since >= window;

    private static int Lasting(IReadOnlyList<Recommendation> lowest, Verdict verdict, TimeSpan window) =>
        window <= TimeSpan.Zero || Seen(verdict.State, verdict.Now, window) ? lowest.Min(item => item.Replicas) : verdict.Signals.Replicas;

    // Each kept item is beyond all later ones; the rest can never be the extreme of the window again.
    private static List<Recommendation> Window(IReadOnlyList<Recommendation> items, int replicas, DateTimeOffset now, TimeSpan window, bool descending)
    {
        var kept = new List<Recommendation>(items.Count + 1);
        foreach (var item in items)
        {
            var beyond = descending ? item.Replicas > replicas : item.Replicas < replicas;
            if (beyond && item.At > now - window && item.At <= now) kept.Add(item);
        }
        kept.Add(new Recommendation(now, replicas));
        return kept;
    }
}
