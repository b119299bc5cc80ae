namespace Nemotron.Engines.Health.Progress;

/// <summary>Whether an engine that is up gets anywhere.</summary>
public enum ProgressVerdict
{
    /// <summary>It moves, has nothing to do, or gives no reason to doubt.</summary>
    Healthy,

    /// <summary>It has work and nothing shows that it moves: a probe is to tell.</summary>
    Suspect,

    /// <summary>It has work and does not move, or fails every request, and probes by one token brought none either: only a restart helps.</summary>
    Hung,
}

/// <summary>What is known of an engine's progress. The input and output of <see cref="ProgressDetector.Next"/>.</summary>
/// <param name="Verdict">In one word.</param>
/// <param name="Evidence">What it rests on, a sentence.</param>
public sealed record ProgressState(ProgressVerdict Verdict, string Evidence)
{
    /// <summary>Where progress was read; what one source counted is not compared with another's.</summary>
    public ProgressSource Source { get; init; } = ProgressSource.None;

    /// <summary>The source's counter when it was last read; null before.</summary>
    public double? Counter { get; init; }

    /// <summary>When it was last seen to move or to have nothing to do.</summary>
    public required DateTimeOffset MovedAt { get; init; }

    /// <summary>A probe by one token is wanted now.</summary>
    public bool ProbeWanted { get; init; }

    /// <summary>When a probe last ended; null when none did.</summary>
    public DateTimeOffset? ProbedAt { get; init; }

    /// <summary>Probes in a row that brought no token while nothing moved.</summary>
    public int FailedProbes { get; init; }

    /// <summary>A probe was refused as something this engine does not do: there is no use in trying again.</summary>
    public bool CannotBeProbed { get; init; }

    /// <summary>Requests that ended well and badly when last read, by the engine's own counters; null where it has none.</summary>
    public (double Succeeded, double Failed)? Ended { get; init; }

    /// <summary>Since when requests fail and none succeeds; null while one does, or none fails.</summary>
    public DateTimeOffset? FailingSince { get; init; }

    /// <summary>Requests that have failed since then.</summary>
    public double Failures { get; init; }

    /// <summary>Before anything is known.</summary>
    public static ProgressState Start(DateTimeOffset now) => new(ProgressVerdict.Healthy, "Nothing is known of its progress yet.") { MovedAt = now };
}

/// <summary>Where progress can be read, the best first.</summary>
public enum ProgressSource
{
    /// <summary>Nowhere.</summary>
    None,

    /// <summary>The gateway counts tokens as they stream through it.</summary>
    Gateway,

    /// <summary>The engine's counters move with every iteration.</summary>
    EngineLive,

    /// <summary>The engine's numbers move only when a request ends: standing still says little.</summary>
    EngineAtCompletion,
}

/// <summary>What the gateway beside an engine has counted.</summary>
/// <param name="InFlight">Requests handed to the engine and not yet answered in full.</param>
/// <param name="Tokens">Tokens (or stream chunks) that came from the engine so far; never falls while the gateway lives.</param>
/// <param name="At">When it was read.</param>
public sealed record GatewayProgress(int InFlight, double Tokens, DateTimeOffset At);

/// <summary>How long standing still is borne.</summary>
public sealed record ProgressLimits
{
    /// <summary>The defaults.</summary>
    public static readonly ProgressLimits Default = new();

    /// <summary>With requests running and a live counter, for how long no token may come. Default 2 minutes: longer than a long prompt's prefill behind a full batch.</summary>
    public TimeSpan NoToken { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The same where the engine counts at completion only. Default 15 minutes: longer than an answer takes.</summary>
    public TimeSpan NoCompletion { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>For how long requests may fail without one that succeeds before a probe is to tell whose fault it is. Default 1 minute.</summary>
    public TimeSpan Failing { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Between the end of a probe and the next. Default 1 minute.</summary>
    public TimeSpan ProbeSpacing { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Failed probes in a row that make it hung. Default 2.</summary>
    public int FailedProbes { get; init; } = 2;

    /// <summary>Where the engine cannot be probed: times <see cref="NoToken"/> without a token that make it hung by a live counter alone. Default 5.</summary>
    public int UnprobedFactor { get; init; } = 5;

    /// <summary>The age at which the gateway's counts are too old to be used. Default 1 minute.</summary>
    public TimeSpan GatewayAge { get; init; } = TimeSpan.FromMinutes(1);
}
