namespace Nemotron.Planning.Scaling;

/// <summary>
/// Decides how many replicas a deployment shall have. Pure: same input, same answer. Every demand is an absolute number of replicas, so
/// pending ones are supply and a queue that lasts while they load does not multiply them.
/// </summary>
public static class ScalingDecider
{
    private static readonly TimeSpan LongestTick = TimeSpan.FromMinutes(1);

    // A new leader goes on from a state that is up to five minutes old.
    private static readonly TimeSpan LongestGap = TimeSpan.FromMinutes(6);

    // A hair above a whole number is noise and not worth a TP group.
    private const double Rounding = 0.05;

    /// <summary>Decides.</summary>
    /// <param name="spec">What the deployment's autoscaling says.</param>
    /// <param name="capacity">What one replica can do, from memory plan and capacity model.</param>
    /// <param name="signals">What is known now.</param>
    /// <param name="state">What the last decision left; <see cref="ScalingState.Empty"/> at first.</param>
    /// <param name="now">The time.</param>
    /// <returns>The decision, and the state for the next one.</returns>
    /// <exception cref="ArgumentException">A schedule of the policy cannot be read.</exception>
    public static (ScalingDecision Decision, ScalingState State) Decide(
        ScalingPolicySpec spec, ReplicaCapacity capacity, ScalingSignals signals, ScalingState state, DateTimeOffset now)
    {
        var bounds = ReplicaBounds.At(spec, now);
        var (known, discarded) = SignalScreen.Screen(signals);
        if (state.LastTick > now) state = state.SetBack(now);
        var verdict = new Verdict(spec, bounds, known, state, now, discarded);
        if (spec.Frozen) return verdict.Stay(ScalingReason.Frozen);
        if (known.Replicas == 0) return Activation.Decide(verdict);
        if (Missing(known) is { } missing) return verdict.Hold(missing);

        var seconds = state.LastTick is { } last ? Math.Clamp((now - last).TotalSeconds, 0, LongestTick.TotalSeconds) : 0;
        // What came while nobody looked is not known to have been nothing.
        if (state.LastTick is { } looked && now - looked > LongestGap) state = state with { Since = null };
        state = Joining.Watch(state, known, now);
        state = Learning.Observe(known, state, seconds);
        var lengths = Learning.Lengths(state, capacity);
        var spread = (state = state with { Spread = Learning.FollowSpread(state.Spread, lengths, known, seconds) }).Spread ?? Learning.PriorSpread;
        var (off, on) = (known.Modes.Off.Arrivals!.Value.Value, known.Modes.On.Arrivals!.Value.Value);
        var lead = state.LeadTime ?? capacity.LeadTime;
        state = state with { Arrivals = ArrivalForecast.Append(state.Arrivals, off, on, known.InFlight, now) };
        var forecast = ArrivalForecast.Expect(state.Arrivals, now, lead);
        var queued = DemandModel.Queued(known);
        // With a queue, latency and what is in flight tell of the queue, not of the replicas.
        if (!Queue.IsLong(spec, known, queued))
        {
            var work = DemandModel.Work(capacity, lengths, spread, off, on);
            var factor = Learning.FollowWork(state.WorkFactor, capacity, known, work, seconds);
            var load = (factor ?? 1) * work / known.Ready;
            state = state with { WorkFactor = factor };
            if (!Joining.IsUnderWay(state, known, now)) state = state with { Latency = Learning.Follow(state.Latency, DemandModel.Priors(capacity, lengths), known, load, seconds) };
        }
        state = Queue.Watch(spec, state, known, queued, now);
        // Up for what is expected, down only when what is here now would be held as well.
        var arrivals = new ByMode<double>(Math.Max(forecast.Off.Now, forecast.Off.Then), Math.Max(forecast.On.Now, forecast.On.Then));
        var demand = DemandModel.Of(spec, capacity, state, lengths, known, arrivals, ArrivalForecast.Growth(state.Arrivals, now, lead), lead, now);
        state = Remember(state, known, now);
        return Pace.Apply(verdict with { State = state, Demand = demand }, Whole(demand.Replicas));
    }

    /// <summary>Whole TP groups for a demand.</summary>
    internal static int Whole(double replicas) => (int)Math.Min(int.MaxValue / 2, Math.Ceiling(Math.Max(0, replicas - Rounding)));

    // What a decision cannot do without: who arrives, and what is in flight.
    private static ScalingReason? Missing(ScalingSignals signals)
    {
        if (signals.Scraped is null) return ScalingReason.MetricsDown;
        return signals.Ready == 0 || signals.Modes.Off.Arrivals is null || signals.Modes.On.Arrivals is null
            || signals.Modes.Off.InFlight is null || signals.Modes.On.InFlight is null
            ? ScalingReason.NoData
            : null;
    }

    private static ScalingState Remember(ScalingState state, ScalingSignals signals, DateTimeOffset now) =>
        Activation.HasWork(signals) || state.LastRequest is null ? state with { LastRequest = now } : state;
}
