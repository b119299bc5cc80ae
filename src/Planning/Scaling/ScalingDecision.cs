namespace Nemotron.Planning.Scaling;

/// <summary>Why a number of replicas is what it is. Names are stable: they are read by programs.</summary>
public enum ScalingReason
{
    /// <summary>The KV cache asks for the most.</summary>
    KvUtilization,

    /// <summary>Tokens per second ask for the most.</summary>
    Throughput,

    /// <summary>A latency objective asks for the most.</summary>
    Latency,

    /// <summary>A queue grows: more at once, and nothing is taken away for a while.</summary>
    QueueGrowth,

    /// <summary>No request for long enough.</summary>
    Idle,

    /// <summary>A request waits and there is no replica.</summary>
    Activation,

    /// <summary>Held at the fewest allowed.</summary>
    MinReplicas,

    /// <summary>Held at the most allowed.</summary>
    MaxReplicas,

    /// <summary>A schedule's bound holds.</summary>
    Schedule,

    /// <summary>There are no more free GPUs.</summary>
    GpuCeiling,

    /// <summary>A person has frozen the number.</summary>
    Frozen,

    /// <summary>The need has not lasted long enough.</summary>
    Stabilizing,

    /// <summary>A step or interval limit holds.</summary>
    RateLimited,

    /// <summary>One replica fewer would not hold the load.</summary>
    LastReplicaNeeded,

    /// <summary>The number changed its direction not long ago.</summary>
    RecentTurn,

    /// <summary>Metrics are missing, so the number is held.</summary>
    NoData,

    /// <summary>Prometheus does not answer, so the number is held.</summary>
    MetricsDown,

    /// <summary>Some readings could not be true and were discarded.</summary>
    DataDiscarded,

    /// <summary>The KV cache's use is not measured; it is worked out from the requests in flight.</summary>
    KvUnknown,

    /// <summary>The number was changed by somebody else since the last decision.</summary>
    ChangedElsewhere,
}

/// <summary>How many replicas, and everything that a person needs to know why.</summary>
public sealed record ScalingDecision
{
    /// <summary>Replicas, whole TP groups.</summary>
    public required int Desired { get; init; }

    /// <summary>Replicas that were asked for before.</summary>
    public required int Current { get; init; }

    /// <summary>What decided in the end.</summary>
    public required ScalingReason Reason { get; init; }

    /// <summary>All that had a part in it, <see cref="Reason"/> first, each once.</summary>
    public required IReadOnlyList<ScalingReason> Reasons { get; init; }

    /// <summary>One sentence with the numbers.</summary>
    public required string Message { get; init; }

    /// <summary>What was demanded; null where it is unknown.</summary>
    public ScalingDemand? Demand { get; init; }

    /// <summary>The bounds that hold now.</summary>
    public required ReplicaBounds Bounds { get; init; }

    /// <summary>Readings that were discarded, each a short sentence.</summary>
    public IReadOnlyList<string> Discarded { get; init; } = [];
}

/// <summary>The three demands in numbers.</summary>
public sealed record ScalingDemand
{
    /// <summary>Requests per second expected by the time a new replica serves, by mode.</summary>
    public required ByMode<double> Arrivals { get; init; }

    /// <summary>Output tokens per second that those requests ask for.</summary>
    public required double OutputTokensPerSecond { get; init; }

    /// <summary>Prompt tokens per second that those requests bring.</summary>
    public required double PromptTokensPerSecond { get; init; }

    /// <summary>Tokens of KV cache for what is in flight, queued and expected.</summary>
    public required double KvTokens { get; init; }

    /// <summary>Replicas that the KV cache asks for, not rounded.</summary>
    public required double ForKv { get; init; }

    /// <summary>Replicas that tokens per second ask for, not rounded.</summary>
    public required double ForThroughput { get; init; }

    /// <summary>Replicas that the latency objectives ask for, not rounded; 0 without objectives.</summary>
    public required double ForLatency { get; init; }

    /// <summary>The time looked ahead: that of a replica to load.</summary>
    public required TimeSpan LeadTime { get; init; }

    /// <summary>What a replica was found to do of what the model expected: 1 as expected, 0.5 half.</summary>
    public required double Correction { get; init; }

    /// <summary>The largest of the three.</summary>
    public double Replicas => Math.Max(ForKv, Math.Max(ForThroughput, ForLatency));

    /// <summary>Which of the three is the largest.</summary>
    public ScalingReason Largest =>
        ForLatency >= ForThroughput && ForLatency >= ForKv ? ScalingReason.Latency
        : ForThroughput >= ForKv ? ScalingReason.Throughput
        : ScalingReason.KvUtilization;
}
