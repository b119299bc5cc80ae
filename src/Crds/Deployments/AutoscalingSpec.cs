using System.Text.Json.Serialization;
using Nemotron.Crds.Attributes;

namespace Nemotron.Crds;

/// <summary>What the autoscaler does with its decisions.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AutoscalingMode>))]
public enum AutoscalingMode
{
    /// <summary>Sets the number of replicas.</summary>
    Auto,

    /// <summary>Writes the number to status and metrics and changes nothing.</summary>
    Recommend,
}

/// <summary>Lets the operator own the number of replicas: the largest number that any of the targets asks for.</summary>
[ValidationRule("self.minReplicas <= self.maxReplicas", fieldPath: ".minReplicas", message: "must not be above maxReplicas")]
public sealed record AutoscalingSpec
{
    /// <summary>Auto: act. Recommend: decide, write the decision to status and metrics, and leave the replicas as they are.</summary>
    [DefaultValue(AutoscalingMode.Auto)]
    public AutoscalingMode? Mode { get; init; }

    /// <summary>Fewest replicas while there is work; with scaleToZero the idle deployment goes below.</summary>
    [DefaultValue(1), RangeMinimum(1), RangeMaximum(10_000)]
    public int? MinReplicas { get; init; }

    /// <summary>Most replicas.</summary>
    [RangeMinimum(1), RangeMaximum(10_000)]
    public required int MaxReplicas { get; init; }

    /// <summary>What is to be held.</summary>
    [DefaultValue("{}")]
    public AutoscalingTargets? Targets { get; init; }

    /// <summary>How fast the number may move.</summary>
    [DefaultValue("{}")]
    public AutoscalingBehavior? Behavior { get; init; }

    /// <summary>Other limits at certain times, by name. Of several that hold at once, the highest minReplicas and the highest maxReplicas count.</summary>
    [Items(maxItems: 32), XListType(XListType.Map), XListMapKeys("name")]
    public IReadOnlyList<AutoscalingSchedule>? Schedules { get; init; }

    /// <summary>Takes the last replica away when idle; the next request waits until one has loaded. Absent: never.</summary>
    public ScaleToZeroSpec? ScaleToZero { get; init; }
}

/// <summary>What the autoscaler holds. Every target that is set asks for replicas; the largest number wins.</summary>
public sealed record AutoscalingTargets
{
    /// <summary>Share of the KV cache in use, in percent, over all replicas.</summary>
    [DefaultValue(80), RangeMinimum(1), RangeMaximum(100)]
    public int? KvUtilizationPercent { get; init; }

    /// <summary>Share of the tokens per second that a replica can do, in percent.</summary>
    [DefaultValue(80), RangeMinimum(1), RangeMaximum(100)]
    public int? ThroughputPercent { get; init; }

    /// <summary>Output tokens per second that one replica is trusted with. Absent: what the capacity model says, corrected by what is measured.</summary>
    [RangeMinimum(1), RangeMaximum(10_000_000)]
    public long? TokensPerSecondPerReplica { get; init; }

    /// <summary>Latency objectives, by reasoning mode. Absent: none.</summary>
    public LatencyTargetsByMode? Latency { get; init; }
}

/// <summary>Latency objectives by reasoning mode.</summary>
public sealed record LatencyTargetsByMode
{
    /// <summary>Of requests that think.</summary>
    public LatencyTargets? ModeOn { get; init; }

    /// <summary>Of requests that do not think.</summary>
    public LatencyTargets? ModeOff { get; init; }
}

/// <summary>Latency objectives.</summary>
[ValidationRule("has(self.ttft) || has(self.itl)", message: "at least one of ttft and itl must be set")]
public sealed record LatencyTargets
{
    /// <summary>Time from the request to its first token, such as 2s.</summary>
    [ValidationRule("self > duration('0s')", message: "must be above zero")]
    public Duration? Ttft { get; init; }

    /// <summary>Time between tokens, such as 60ms.</summary>
    [ValidationRule("self > duration('0s')", message: "must be above zero")]
    public Duration? Itl { get; init; }

    /// <summary>Share of requests, in percent, that must stay within.</summary>
    [DefaultValue(95), RangeMinimum(50), RangeMaximum(99)]
    public int? Percentile { get; init; }
}

/// <summary>How fast the number of replicas may move.</summary>
public sealed record AutoscalingBehavior
{
    /// <summary>Upwards.</summary>
    [DefaultValue("{\"stabilization\":\"0s\"}")]
    public ScalingPace? ScaleUp { get; init; }

    /// <summary>Downwards.</summary>
    [DefaultValue("{\"stabilization\":\"5m\",\"maxStep\":1}")]
    public ScalingPace? ScaleDown { get; init; }
}

/// <summary>How fast the number of replicas may move in one direction.</summary>
public sealed record ScalingPace
{
    /// <summary>How long a need must last before it is followed, such as 5m. Absent: 0s upwards, 5m downwards.</summary>
    public Duration? Stabilization { get; init; }

    /// <summary>Most replicas of one step. Absent: no limit upwards, 1 downwards.</summary>
    [RangeMinimum(1), RangeMaximum(10_000)]
    public int? MaxStep { get; init; }

    /// <summary>Least time between two steps. Absent: none.</summary>
    public Duration? Interval { get; init; }
}

/// <summary>Other limits at certain times.</summary>
[ValidationRule("has(self.minReplicas) || has(self.maxReplicas)", message: "at least one of minReplicas and maxReplicas must be set")]
[ValidationRule(
    "!has(self.minReplicas) || !has(self.maxReplicas) || self.minReplicas <= self.maxReplicas",
    fieldPath: ".minReplicas",
    message: "must not be above maxReplicas")]
public sealed record AutoscalingSchedule
{
    /// <summary>A name for the schedule, shown where it decides.</summary>
    [Length(1, 63), Pattern(Patterns.DnsLabel)]
    public required string Name { get; init; }

    /// <summary>When it begins: five cron fields (minute, hour, day of month, month, day of week), such as "0 8 * * 1-5".</summary>
    [Length(9, 100), Pattern(@"^[0-9A-Za-z*/,-]+( [0-9A-Za-z*/,-]+){4}$")]
    public required string Start { get; init; }

    /// <summary>How long it holds, such as 10h.</summary>
    [ValidationRule("self > duration('0s')", message: "must be above zero")]
    public required Duration Duration { get; init; }

    /// <summary>The time zone of start by its IANA name, such as Europe/Berlin. Absent: UTC.</summary>
    [Length(1, 64), Pattern("^[A-Za-z][-A-Za-z0-9_+/]*$")]
    public string? TimeZone { get; init; }

    /// <summary>Fewest replicas meanwhile.</summary>
    [RangeMinimum(0), RangeMaximum(10_000)]
    public int? MinReplicas { get; init; }

    /// <summary>Most replicas meanwhile.</summary>
    [RangeMinimum(0), RangeMaximum(10_000)]
    public int? MaxReplicas { get; init; }
}

/// <summary>Takes the last replica away when idle.</summary>
public sealed record ScaleToZeroSpec
{
    /// <summary>How long there must have been no request.</summary>
    [DefaultValue("30m"), ValidationRule("self > duration('0s')", message: "must be above zero")]
    public Duration? IdleAfter { get; init; }

    /// <summary>How long a request may wait for the first replica before it is refused.</summary>
    [DefaultValue("15m"), ValidationRule("self > duration('0s')", message: "must be above zero")]
    public Duration? HoldRequests { get; init; }
}
