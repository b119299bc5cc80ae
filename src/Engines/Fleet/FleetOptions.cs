using Nemotron.Engines.Health.Progress;

namespace Nemotron.Engines.Fleet;

/// <summary>How a fleet of engines is polled.</summary>
public sealed record FleetOptions
{
    /// <summary>Between two health polls of one engine. Default 5 s.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Between two readings of one engine's load, in steps of <see cref="PollInterval"/>; null (the default) not to read it: Prometheus does.
    /// </summary>
    public TimeSpan? LoadInterval { get; init; }

    /// <summary>Between two readings of models and version of an engine that stays ready. Default 10 minutes.</summary>
    public TimeSpan InfoInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How many engines are polled at once, at most. Default 128.</summary>
    public int MaxConcurrentPolls { get; init; } = 128;

    /// <summary>How many engines are probed by a token at once, at most. Default 4.</summary>
    public int MaxConcurrentProbes { get; init; } = 4;

    /// <summary>Where in the interval each engine's poll falls is drawn from this.</summary>
    public int Seed { get; init; }

    /// <summary>When an engine counts as hung.</summary>
    public ProgressLimits Progress { get; init; } = ProgressLimits.Default;
}
