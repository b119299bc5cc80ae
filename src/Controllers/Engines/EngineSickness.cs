using Nemotron.Crds;
using Nemotron.Engines.Fleet;
using Nemotron.Engines.Health;
using Nemotron.Engines.Health.Progress;

namespace Nemotron.Controllers.Engines;

/// <summary>What is known to be wrong with an engine, such that only a restart helps.</summary>
/// <param name="Reason">One stable word of <see cref="ConditionReasons"/>.</param>
/// <param name="Since">Since when.</param>
/// <param name="What">What is wrong, in words that stay the same as long as it is.</param>
/// <param name="Evidence">What it rests on, in numbers: a sentence.</param>
internal sealed record EngineSickness(string Reason, DateTimeOffset Since, string What, string Evidence)
{
    /// <summary>What an engine's own words prove of it now; null where they prove nothing. Silence never does.</summary>
    /// <remarks>
    /// Not here: an engine that was never heard (its pod loads, or the network is closed to the operator), one that cannot be reached, one that drains, one that took too
    /// long to start (its startup probe ends it), and what was said too long ago.
    /// </remarks>
    public static EngineSickness? Of(EngineReport report, DateTimeOffset now, HealingLimits limits)
    {
        if (!Answers(report, now, limits) && !Refuses(report, now, limits)) return null;
        return report switch
        {
            { Health: { State: EngineState.Dead, Reason: HealthReasons.UnreadyTooLong } health } => new EngineSickness(
                ConditionReasons.UnreadyTooLong, health.UnreadySince ?? health.Since, "was ready and says that it is not any more", health.Message),
            { Health: { State: EngineState.Dead, Reason: HealthReasons.ConnectionRefused } health } when now - health.Since >= limits.NotListening => new EngineSickness(
                ConditionReasons.NotListening, health.Since, "refuses connections though its container runs",
                $"The engine answered before and has refused connections for {(now - health.Since).TotalSeconds:0} s while its container runs."),
            { Health.State: EngineState.Ready or EngineState.Degraded, Progress: { Verdict: ProgressVerdict.Hung } progress } => new EngineSickness(
                ConditionReasons.NoProgress, progress.MovedAt, "calls itself ready and brings no token", progress.Evidence),
            _ => null,
        };
    }

    /// <summary>Whether an engine answers in its own words, whatever it says.</summary>
    public static bool Answers(EngineReport report, DateTimeOffset now, HealingLimits limits) =>
        IsFresh(report, now, limits) && report is { Heard: true, Health.State: EngineState.Ready or EngineState.Degraded or EngineState.Draining }
        or { Heard: true, Health: { State: EngineState.Dead, Reason: HealthReasons.UnreadyTooLong } };

    private static bool Refuses(EngineReport report, DateTimeOffset now, HealingLimits limits) =>
        IsFresh(report, now, limits) && report is { Heard: true, Health: { State: EngineState.Dead, Reason: HealthReasons.ConnectionRefused } };

    private static bool IsFresh(EngineReport report, DateTimeOffset now, HealingLimits limits) => report.Age(now) is { } age && age <= limits.Fresh;
}
