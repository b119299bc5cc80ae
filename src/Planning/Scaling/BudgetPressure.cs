using System.Globalization;

namespace Nemotron.Planning.Scaling;

/// <summary>
/// Lowers a thinking budget step by step while nothing else would help, and raises it again. Pure: same input, same answer.
/// Between "full" and "room" lies a wide band in which nothing moves; before a step up it is reckoned whether the load would hold with longer traces; and what is not known moves nothing.
/// </summary>
public static class BudgetPressure
{
    /// <summary>Share of the KV cache from which it counts as full: an engine that has no block left puts requests back.</summary>
    public const double KvFull = 0.95;

    /// <summary>Share of the KV cache up to which there is room.</summary>
    public const double KvRoom = 0.75;

    /// <summary>
    /// After so many times <see cref="PressurePolicy.RestoreAfter"/> of room a step up is tried though the reckoning is against it: it takes every thinking request to use its whole budget, which few do.
    /// </summary>
    public const int Patience = 6;

    // Waiting requests per replica that are those of its last step.
    private const double MomentsQueue = 0.5;

    /// <summary>Decides.</summary>
    /// <param name="policy">What is declared.</param>
    /// <param name="state">What the last decision left.</param>
    /// <param name="signals">What is known now.</param>
    /// <param name="now">The time.</param>
    /// <returns>The state now: at most one step from the one before.</returns>
    public static PressureState Decide(PressurePolicy policy, PressureState state, PressureSignals signals, DateTimeOffset now)
    {
        // Another floor or another budget may have fewer steps.
        var steps = Math.Min(state.Steps, policy.MostSteps);
        var sense = Sense(signals);
        var since = sense == PressureSense.Unknown ? (DateTimeOffset?)null : sense == state.Sense && !(state.Since > now) ? state.Since ?? now : now;
        var next = state with { Steps = steps, Sense = sense, Since = since };
        var lasted = now - (since ?? now);
        if (sense == PressureSense.Saturated && steps < policy.MostSteps && lasted >= policy.StepAfter)
            return Step(next, policy, steps + 1, now, $"{Serving(signals)}, {Load(signals)}");
        if (sense == PressureSense.Room && steps > 0)
        {
            if (lasted >= policy.RestoreAfter && Holds(policy, steps, signals)) return Step(next, policy, steps - 1, now, $"{Load(signals)}, and the load would hold");
            if (lasted >= Patience * policy.RestoreAfter) return Step(next, policy, steps - 1, now, $"{Load(signals)} for {lasted.TotalMinutes.ToString("0", CultureInfo.InvariantCulture)} minutes");
        }

        return next;
    }

    /// <summary>What the load is like.</summary>
    public static PressureSense Sense(PressureSignals signals)
    {
        if (signals is { Waiting: null, KvUse: null }) return PressureSense.Unknown;
        if (signals.QueueIsLong == true || signals.KvUse >= KvFull)
            return signals.AtCeiling switch { true => PressureSense.Saturated, false => PressureSense.Loaded, null => PressureSense.Unknown };
        return signals.Waiting > MomentsQueue * signals.Ready || signals.KvUse > KvRoom ? PressureSense.Loaded : PressureSense.Room;
    }

    // At most the thinking part of the load grows, and by no more than the budget does.
    private static bool Holds(PressurePolicy policy, int steps, PressureSignals signals) =>
        signals is { Demand: { } demand, Ceiling: { } ceiling }
        && demand * (1 + (signals.ThinkingShare * (((double)policy.At(steps - 1) / policy.At(steps)) - 1))) <= ceiling;

    private static PressureState Step(PressureState state, PressurePolicy policy, int steps, DateTimeOffset now, string why) => state with
    {
        Steps = steps,
        // The next step needs a stretch of its own: what runs now has the budget that it began with.
        Since = now,
        ChangedAt = now,
        Message = string.Create(CultureInfo.InvariantCulture, $"{(steps > state.Steps ? "Lowered" : "Raised")} from {policy.At(state.Steps)} to {policy.At(steps)} tokens: {why}."),
    };

    private static string Load(PressureSignals signals) => (signals.Waiting, signals.KvUse) switch
    {
        ({ } waiting, { } kv) => string.Create(CultureInfo.InvariantCulture, $"{waiting:0} requests wait and {100 * kv:0} % of the KV cache is in use"),
        ({ } waiting, null) => string.Create(CultureInfo.InvariantCulture, $"{waiting:0} requests wait"),
        var (_, kv) => string.Create(CultureInfo.InvariantCulture, $"{100 * kv:0} % of the KV cache is in use"),
    };

    private static string Serving(PressureSignals signals) => signals.Ready == 1
        ? $"the one replica allowed by {signals.CeilingBy} serves"
        : string.Create(CultureInfo.InvariantCulture, $"all {signals.Ready} replicas allowed by {signals.CeilingBy} serve");
}
