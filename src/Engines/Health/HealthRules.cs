namespace Nemotron.Engines.Health;

/// <summary>What is known of the engine's pod and bears on its health. From the cluster, not from the engine.</summary>
public sealed record PodFacts
{
    /// <summary>Nothing is known.</summary>
    public static readonly PodFacts None = new();

    /// <summary>The pod is being deleted: what it does from here on is its end, whatever the port says.</summary>
    public bool Terminating { get; init; }

    /// <summary>The container's startup probe has passed since it last started, so it was ready once even if nobody here saw it.</summary>
    public bool StartupPassed { get; init; }

    /// <summary>When the container started; null when unknown, and then the first poll counts.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>How long this engine's start may take (its startup probe's budget); null for no limit.</summary>
    public TimeSpan? StartupLimit { get; init; }
}

/// <summary>From answers to health. Pure: the same answers at the same times give the same health.</summary>
public static class HealthRules
{
    /// <summary>
    /// How long an engine that was ready may say it is not before it is taken for dead. trtllm-serve whose ranks died answers 503
    /// for ever, and vLLM's data-parallel supervisor too; a reload of a model is over sooner.
    /// </summary>
    public static readonly TimeSpan UnreadyLimit = TimeSpan.FromMinutes(5);

    /// <summary>The health after <paramref name="answer"/>. Returns <paramref name="before"/> itself when nothing changes.</summary>
    /// <param name="before">The health so far of this incarnation; <see cref="EngineHealth.NotAsked"/> at first.</param>
    /// <param name="answer">What the poll brought.</param>
    /// <param name="model">The model that should be served; null for any.</param>
    /// <param name="pod">What the cluster knows.</param>
    /// <param name="now">When the answer came.</param>
    public static EngineHealth Next(EngineHealth before, HealthAnswer answer, string? model, PodFacts pod, DateTimeOffset now)
    {
        var reading = HealthReading.Of(answer, model);
        var served = before.EverReady || pod.StartupPassed || reading.Meaning is HealthMeaning.Serving or HealthMeaning.ServingInPart;
        var unreadySince = reading.Meaning switch
        {
            HealthMeaning.NotReady when served => before.UnreadySince ?? now,
            // A lost or unreadable answer in between is no sign of recovery.
            HealthMeaning.Lost or HealthMeaning.Unclear => before.UnreadySince,
            _ => null,
        };
        var (state, reason, message) = Judge(before, reading, pod, served, unreadySince, now);

        var same = state == before.State && reason == before.Reason && message == before.Message;
        if (same && served == before.EverReady && unreadySince == before.UnreadySince) return before;
        return before with
        {
            State = state,
            Reason = reason,
            Message = message,
            Since = state == before.State ? before.Since : now,
            EverReady = served,
            UnreadySince = unreadySince,
        };
    }

    private static (EngineState State, string Reason, string Message) Judge(
        EngineHealth before, HealthReading reading, PodFacts pod, bool served, DateTimeOffset? unreadySince, DateTimeOffset now)
    {
        // A pod on its way out stops listening before its last answer is written: refused is then part of draining.
        if (pod.Terminating)
            return (EngineState.Draining, HealthReasons.PodTerminating, "The engine's pod is being deleted; it finishes what it has.");

        return reading.Meaning switch
        {
            HealthMeaning.Serving => (EngineState.Ready, reading.Reason, reading.Message),
            HealthMeaning.ServingInPart => (EngineState.Degraded, reading.Reason, reading.Message),
            HealthMeaning.Leaving => (EngineState.Draining, reading.Reason, reading.Message),
            HealthMeaning.Lost => (EngineState.Unreachable, reading.Reason, reading.Message),
            HealthMeaning.Unclear => (EngineState.Unknown, reading.Reason, reading.Message),
            HealthMeaning.Closed when before is { State: EngineState.Draining } or { Reason: HealthReasons.Exited } =>
                (EngineState.Dead, HealthReasons.Exited, "The engine has shut down."),
            HealthMeaning.Closed when served =>
                (EngineState.Dead, reading.Reason, "The engine was ready and now refuses connections: its process has ended or was killed."),
            HealthMeaning.Loading when served => (EngineState.Degraded, reading.Reason, reading.Message),
            HealthMeaning.NotReady when served => UnreadyAfterReady(reading, unreadySince!.Value, now),
            _ => StillStarting(before, reading, pod, now),
        };
    }

    private static (EngineState, string, string) UnreadyAfterReady(HealthReading reading, DateTimeOffset since, DateTimeOffset now) =>
        now - since < UnreadyLimit
            ? (EngineState.Degraded, reading.Reason, reading.Message)
            : (EngineState.Dead, HealthReasons.UnreadyTooLong,
                $"The engine was ready and has not been for {UnreadyLimit.TotalMinutes:0} minutes: its ranks are likely dead while its server lives on. {reading.Message}");

    private static (EngineState, string, string) StillStarting(EngineHealth before, HealthReading reading, PodFacts pod, DateTimeOffset now)
    {
        var started = pod.StartedAt ?? before.FirstAsked;
        if (pod.StartupLimit is { } limit && now - started >= limit)
            return (EngineState.Dead, HealthReasons.StartTimedOut, $"The engine was not ready {limit.TotalMinutes:0} minutes after its start. {reading.Message}");
        return reading.Meaning == HealthMeaning.Closed
            ? (EngineState.Starting, HealthReasons.NotListeningYet, "The engine does not listen yet: it opens its port only when the model is loaded.")
            : (EngineState.Starting, reading.Reason, reading.Message);
    }
}
