namespace Nemotron.Planning.Scaling;

/// <summary>What a deployment's <c>autoscaling</c> says, with defaults filled in.</summary>
public sealed record ScalingPolicySpec
{
    /// <summary>Fewest replicas while there is work, at least 1.</summary>
    public int MinReplicas { get; init; } = 1;

    /// <summary>Most replicas, at least <see cref="MinReplicas"/>.</summary>
    public required int MaxReplicas { get; init; }

    /// <summary>Share of the KV cache that may be in use, in (0, 1].</summary>
    public double KvUtilization { get; init; } = 0.8;

    /// <summary>Share of the tokens per second that a replica can do within the objectives, in (0, 1].</summary>
    public double Throughput { get; init; } = 0.8;

    /// <summary>Output tokens per second that a replica is trusted with; null takes the capacity model's figure, corrected by what is measured.</summary>
    public double? TokensPerSecondPerReplica { get; init; }

    /// <summary>Latency objectives by reasoning mode; null for none.</summary>
    public ByMode<LatencyObjective?> Latency { get; init; }

    /// <summary>Pace upwards.</summary>
    public PaceLimit ScaleUp { get; init; } = new(TimeSpan.Zero);

    /// <summary>Pace downwards.</summary>
    public PaceLimit ScaleDown { get; init; } = new(TimeSpan.FromMinutes(5), MaxStep: 1);

    /// <summary>Other bounds at certain times. Of several that hold at once, the highest count.</summary>
    public IReadOnlyList<ScalingSchedule> Schedules { get; init; } = [];

    /// <summary>How long there must have been no request before the last replica goes; null never takes it away.</summary>
    public TimeSpan? ScaleToZero { get; init; }

    /// <summary>Whether decisions are acted on; false where they are only recommended, so that another owns the number.</summary>
    public bool Acts { get; init; } = true;

    /// <summary>Whether a person has frozen the number of replicas.</summary>
    public bool Frozen { get; init; }

    /// <summary>The strictest percentile of the objectives; 95 without any.</summary>
    public double LatencyPercentile => Math.Max(Latency.Off?.Percentile ?? 50, Latency.On?.Percentile ?? 50) is var most and > 50 ? most : 95;
}

/// <summary>Latency objectives of one reasoning mode; null holds no objective.</summary>
/// <param name="Ttft">Longest time to first token, above zero.</param>
/// <param name="Itl">Longest mean time between the tokens of a request, above zero.</param>
/// <param name="Percentile">Share of requests, in percent, that must stay within.</param>
public sealed record LatencyObjective(TimeSpan? Ttft, TimeSpan? Itl, double Percentile = 95);

/// <summary>How fast the number may move in one direction.</summary>
/// <param name="Stabilization">How long a need must last before it is followed.</param>
/// <param name="MaxStep">Most replicas of one step; null for no limit.</param>
/// <param name="Interval">Least time between two steps.</param>
public sealed record PaceLimit(TimeSpan Stabilization, int? MaxStep = null, TimeSpan Interval = default);

/// <summary>Other bounds at certain times.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Start">When it begins: five cron fields.</param>
/// <param name="Duration">How long it holds, above zero.</param>
/// <param name="TimeZone">IANA name of the time zone of <paramref name="Start"/>; null is UTC.</param>
/// <param name="MinReplicas">Fewest replicas meanwhile; null leaves the deployment's.</param>
/// <param name="MaxReplicas">Most replicas meanwhile; null leaves the deployment's.</param>
public sealed record ScalingSchedule(string Name, string Start, TimeSpan Duration, string? TimeZone = null, int? MinReplicas = null, int? MaxReplicas = null);
