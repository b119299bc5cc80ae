using System.Text.Json.Serialization;
using k8s.Models;
using Nemotron.Crds.Attributes;

namespace Nemotron.Crds;

/// <summary>How replicas are replaced.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RolloutStrategy>))]
public enum RolloutStrategy
{
    /// <summary>Surge while GPUs for a whole replica are free, else Drain.</summary>
    Auto,

    /// <summary>New replicas first; needs free GPUs.</summary>
    Surge,

    /// <summary>Drain an old replica, then start a new one on its GPUs.</summary>
    Drain,
}

/// <summary>How a change of the pods reaches running replicas.</summary>
[ValidationRule(
    "self.strategy == 'Drain' || !(self.maxSurge == 0 || self.maxSurge == '0%') || (self.strategy == 'Auto' && !(self.maxUnavailable == 0 || self.maxUnavailable == '0%'))",
    fieldPath: ".maxSurge",
    message: "must not be zero with strategy Surge, nor together with maxUnavailable with strategy Auto: no replica could be replaced")]
[ValidationRule(
    "self.strategy != 'Drain' || !(self.maxUnavailable == 0 || self.maxUnavailable == '0%')",
    fieldPath: ".maxUnavailable",
    message: "must not be zero with strategy Drain: no replica could be replaced")]
public sealed record RolloutSpec
{
    /// <summary>Auto: surge while GPUs for a whole replica are free, else drain. Surge: only new before old. Drain: only old before new.</summary>
    [DefaultValue(RolloutStrategy.Auto)]
    public RolloutStrategy? Strategy { get; init; }

    /// <summary>Replicas above the wanted number while surging: a count, or a percentage such as 25%.</summary>
    [DefaultValue(1), RangeMinimum(0), Pattern(Patterns.Percent)]
    public IntOrString? MaxSurge { get; init; }

    /// <summary>Replicas that may be missing while draining: a count, or a percentage such as 25%.</summary>
    [DefaultValue(1), RangeMinimum(0), Pattern(Patterns.Percent)]
    public IntOrString? MaxUnavailable { get; init; }

    /// <summary>How long a rollout may go without progress before it is reported as stuck. Must be more than <c>gates.readyFor</c>. Absent: ten minutes more than a replica may take to start, or than <c>gates.readyFor</c> where that is longer.</summary>
    [ValidationRule("self > duration('0s')", message: "must be above zero")]
    public Duration? ProgressDeadline { get; init; }

    /// <summary>What a new replica must show before the next old one goes.</summary>
    [DefaultValue("{}")]
    public RolloutGates? Gates { get; init; }
}

/// <summary>What a new replica must show before the rollout goes on. A failed gate stops the rollout; the old replicas serve on.</summary>
public sealed record RolloutGates
{
    /// <summary>How long it must have been ready. With <c>maxErrorPercent</c> a minute at least.</summary>
    [DefaultValue("10s")]
    public Duration? ReadyFor { get; init; }

    /// <summary>Whether a replica is asked once per reasoning mode after each rollout; the condition ReasoningVerified tells what it did. A wrong answer does not stop a rollout in this version.</summary>
    [DefaultValue(true)]
    public bool? ReasoningVerified { get; init; }

    /// <summary>
    /// Most failed requests of the new replicas, in percent of those that engine or gateway ended, well or not; below 20 of them it is not judged. Above it, and where Prometheus
    /// does not tell, no more replicas are replaced until that changes or the template does. Needs the gateway, a Prometheus, and replicas of one pod. Absent: not looked at.
    /// </summary>
    [RangeMinimum(0), RangeMaximum(100)]
    public int? MaxErrorPercent { get; init; }
}

/// <summary>How a replica is taken away.</summary>
public sealed record DrainSpec
{
    /// <summary>How long requests in flight may run on after the replica stopped taking new ones; then they are cut.</summary>
    [DefaultValue("5m")]
    public Duration? Timeout { get; init; }
}
