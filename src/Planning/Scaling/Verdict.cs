namespace Nemotron.Planning.Scaling;

/// <summary>A decision in the making.</summary>
internal sealed record Verdict(
    ScalingPolicySpec Spec, ReplicaBounds Bounds, ScalingSignals Signals, ScalingState State, DateTimeOffset Now, IReadOnlyList<string> Discarded)
{
    public ScalingDemand? Demand { get; init; }

    /// <summary>Leaves the number as it is, whatever the bounds say.</summary>
    public (ScalingDecision Decision, ScalingState State) Stay(ScalingReason reason) => End(Signals.Replicas, [reason]);

    /// <summary>Leaves the number as it is, within the bounds: what is not known is no reason to go down, and what was not seen does not last.</summary>
    public (ScalingDecision Decision, ScalingState State) Hold(ScalingReason reason) =>
        (this with { State = State with { Since = null, Highest = [], Lowest = [], Queued = null, QueueGrowth = 0 } }).To(Signals.Replicas, reason);

    /// <summary>Sets the number, within the bounds and the GPUs there are.</summary>
    public (ScalingDecision Decision, ScalingState State) To(int replicas, params ReadOnlySpan<ScalingReason> reasons)
    {
        var all = new List<ScalingReason>(4);
        foreach (var reason in reasons) all.Add(reason);
        var desired = replicas;
        // GPUs that are not there are not waited for: what is asked beyond them would only pend.
        if (Signals.GpuCeiling is { } ceiling && desired > Math.Max(ceiling, Signals.Replicas)) Bind(Math.Max(ceiling, Signals.Replicas), ScalingReason.GpuCeiling);
        if (desired > Bounds.Max) Bind(Bounds.Max, Bounds.Schedule is null ? ScalingReason.MaxReplicas : ScalingReason.Schedule);
        if (desired < Bounds.Min && all[0] != ScalingReason.Idle) Bind(Bounds.Min, Bounds.Schedule is null ? ScalingReason.MinReplicas : ScalingReason.Schedule);
        return End(desired, all);

        void Bind(int bound, ScalingReason reason)
        {
            desired = bound;
            all.Remove(reason);
            all.Insert(0, reason);
        }
    }

    private (ScalingDecision Decision, ScalingState State) End(int desired, List<ScalingReason> reasons)
    {
        var current = Signals.Replicas;
        if (Discarded.Count > 0) Add(ScalingReason.DataDiscarded);
        if (Demand is not null && Signals.PerReplica.Count > 0 && Signals.PerReplica.All(replica => replica.KvTokensUsed is null)) Add(ScalingReason.KvUnknown);
        if (Spec.Acts && State.LastDesired is { } before && before != current) Add(ScalingReason.ChangedElsewhere);
        var decision = new ScalingDecision
        {
            Desired = desired,
            Current = current,
            Reason = reasons[0],
            Reasons = reasons,
            Message = DecisionSentence.Of(this, desired, reasons),
            Demand = Demand,
            Bounds = Bounds,
            Discarded = Discarded,
        };
        return (decision, Next(desired, current));

        void Add(ScalingReason reason)
        {
            if (!reasons.Contains(reason)) reasons.Add(reason);
        }
    }

    private ScalingState Next(int desired, int current)
    {
        var next = State with { LastTick = Now, LastDesired = desired, Since = State.Since ?? (Demand is null ? null : Now) };
        // A wish that is not granted yet rises once.
        if (desired > current && State.LastRose && desired <= State.LastDesired) return next;
        if (desired > current) return (State.LastFell ? Turned(next) : next) with { LastUp = Now };
        if (desired < current) return (State.LastRose ? Turned(next) : next) with { LastDown = Now };
        return next;

        ScalingState Turned(ScalingState state) => state with { TurnBefore = state.LastTurn, LastTurn = Now };
    }
}
