namespace Nemotron.Planning.Scaling;

/// <summary>
/// What is known of one deployment at one tick. Counts of replicas come from the API server and are always known; all else comes from
/// metrics and is null where unknown. What cannot be true is discarded by <see cref="SignalScreen"/> before it is used.
/// </summary>
public sealed record ScalingSignals
{
    /// <summary>Replicas that are asked for now (<c>spec.replicas</c>), at least 0.</summary>
    public required int Replicas { get; init; }

    /// <summary>Replicas that serve.</summary>
    public required int Ready { get; init; }

    /// <summary>Replicas that exist or are asked for and do not serve yet: they count as supply.</summary>
    public int Pending => Math.Max(0, Replicas - Ready);

    /// <summary>How long the oldest pending replica has been pending; null where none is, or where it is not known.</summary>
    public TimeSpan? PendingFor { get; init; }

    /// <summary>Most replicas that free GPUs allow, those running included; null where it is not known or not bounded.</summary>
    public int? GpuCeiling { get; init; }

    /// <summary>The time from created to ready of the replica that became ready last, if it did since the tick before; else null.</summary>
    public TimeSpan? MeasuredLeadTime { get; init; }

    /// <summary>Load by reasoning mode, from the gateways.</summary>
    public ByMode<ModeSignals> Modes { get; init; } = new(ModeSignals.Unknown, ModeSignals.Unknown);

    /// <summary>Requests in flight of both modes; asked only where both are known.</summary>
    internal double InFlight => Modes.Off.InFlight!.Value.Value + Modes.On.InFlight!.Value.Value;

    /// <summary>What each replica that was scraped says of itself.</summary>
    public IReadOnlyList<ReplicaSignals> PerReplica { get; init; } = [];

    /// <summary>Requests held in front of the deployment because no replica is ready.</summary>
    public Reading? Held { get; init; }

    /// <summary>Share of the replicas that should have been scraped that were, in [0, 1]; null where Prometheus cannot be asked.</summary>
    public double? Scraped { get; init; }
}

/// <summary>Load of one reasoning mode over the whole deployment, each rate over the last minute or so.</summary>
public sealed record ModeSignals
{
    /// <summary>Nothing is known.</summary>
    public static ModeSignals Unknown { get; } = new();

    /// <summary>Requests per second that arrive.</summary>
    public Reading? Arrivals { get; init; }

    /// <summary>Requests per second that end well.</summary>
    public Reading? Completions { get; init; }

    /// <summary>Prompt tokens per second of the requests that ended: engines state them at the end of an answer.</summary>
    public Reading? PromptTokens { get; init; }

    /// <summary>Output tokens per second, as they stream.</summary>
    public Reading? OutputTokens { get; init; }

    /// <summary>Output tokens per second of the requests that ended, counted at their ends; over <see cref="Completions"/> it is their mean length.</summary>
    public Reading? CompletedTokens { get; init; }

    /// <summary>Requests that have begun and not ended.</summary>
    public Reading? InFlight { get; init; }

    /// <summary>Seconds to the first token, at the percentile of the objective.</summary>
    public Reading? TtftSeconds { get; init; }

    /// <summary>Mean seconds between the tokens of a request, at the percentile of the objective over requests.</summary>
    public Reading? ItlSeconds { get; init; }

    /// <summary>Requests per second that fail.</summary>
    public Reading? Errors { get; init; }
}

/// <summary>What one replica says of itself.</summary>
/// <param name="Name">The pod's name.</param>
public sealed record ReplicaSignals(string Name)
{
    /// <summary>Requests that wait for a place in the engine's batch.</summary>
    public Reading? Queued { get; init; }

    /// <summary>Requests in the engine's batch.</summary>
    public Reading? Running { get; init; }

    /// <summary>Tokens of KV cache in use.</summary>
    public Reading? KvTokensUsed { get; init; }

    /// <summary>Tokens of KV cache in all.</summary>
    public Reading? KvTokensTotal { get; init; }

    /// <summary>Whether it drains: it takes no new request.</summary>
    public bool Draining { get; init; }
}
