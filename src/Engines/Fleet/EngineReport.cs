using Nemotron.Engines.Clients;
using Nemotron.Engines.Health;
using Nemotron.Engines.Health.Progress;
using Nemotron.Engines.Metrics;

namespace Nemotron.Engines.Fleet;

/// <summary>What is known of one engine, and how old that is.</summary>
public sealed record EngineReport
{
    /// <summary>The engine.</summary>
    public required EngineEndpoint Endpoint { get; init; }

    /// <summary>Its health by its last poll.</summary>
    public required EngineHealth Health { get; init; }

    /// <summary>Whether it gets anywhere.</summary>
    public required ProgressState Progress { get; init; }

    /// <summary>When its last poll ended, with or without an answer; null before the first.</summary>
    public DateTimeOffset? PolledAt { get; init; }

    /// <summary>
    /// Whether this incarnation of the engine has ever answered in its own words. While it has not, a refused connection may as well be an address that
    /// nobody listens at, or a network in between: it says nothing of the engine.
    /// </summary>
    public bool Heard { get; init; }

    /// <summary>Its models when last asked; null before.</summary>
    public IReadOnlyList<EngineModel>? Models { get; init; }

    /// <summary>What it said of itself when last asked; null before.</summary>
    public EngineInfo? Info { get; init; }

    /// <summary>Its load when last read; null before, and when load is not read.</summary>
    public EngineSignals? Load { get; init; }

    /// <summary>When <see cref="Load"/> was read.</summary>
    public DateTimeOffset? LoadedAt { get; init; }

    /// <summary>Why models, version or load could not be read the last time; null when they could.</summary>
    public string? QueryFailure { get; init; }

    /// <summary>How old the health is; null before the first poll.</summary>
    public TimeSpan? Age(DateTimeOffset now) => now - PolledAt;
}
