namespace Nemotron.Planning.Scaling;

/// <summary>From zero and to zero.</summary>
internal static class Activation
{
    /// <summary>Whether a request is known to be in flight, held or arriving.</summary>
    public static bool HasWork(ScalingSignals signals) =>
        Positive(signals.Held) || Works(signals.Modes.Off) || Works(signals.Modes.On);

    /// <summary>Whether the deployment may go to zero: so it is declared, and there has been no request for long enough. A time that was not seen, or of a part of the replicas only, is not idle.</summary>
    public static bool IsIdle(Verdict verdict) =>
        verdict.Spec.ScaleToZero is { } after && verdict.State.LastRequest is { } last && verdict.Now - last >= after
        && verdict.State.Since is { } since && verdict.Now - since >= after && verdict.Signals.Scraped is not < 1 && !HasWork(verdict.Signals);

    /// <summary>Decides for a deployment without replicas: it has no metrics but what is held in front of it.</summary>
    public static (ScalingDecision Decision, ScalingState State) Decide(Verdict verdict)
    {
        var (signals, bounds) = (verdict.Signals, verdict.Bounds);
        if (HasWork(signals))
        {
            var state = verdict.State with { LastRequest = verdict.Now };
            return (verdict with { State = state }).To(Math.Clamp(1, bounds.Min, Math.Max(1, bounds.Max)), ScalingReason.Activation);
        }
        if (verdict.Spec.ScaleToZero is null || bounds.Schedule is not null)
            return verdict.To(bounds.Min, bounds.Schedule is null ? ScalingReason.MinReplicas : ScalingReason.Schedule);
        if (signals.Held is not null) return verdict.Stay(ScalingReason.Idle);
        // What was asked for and not granted yet is asked for on: that nobody could be asked does not mean that nobody waits.
        return verdict.State.LastDesired is > 0 and var asked ? verdict.To(asked, ScalingReason.NoData) : verdict.Stay(ScalingReason.NoData);
    }

    private static bool Works(ModeSignals mode) => Positive(mode.Arrivals) || Positive(mode.InFlight);

    private static bool Positive(Reading? reading) => reading is { Value: > 0 };
}
