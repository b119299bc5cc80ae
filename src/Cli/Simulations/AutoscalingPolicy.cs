using Nemotron.Crds;
using Nemotron.Planning.Scaling;

namespace Nemotron.Cli.Simulations;

/// <summary>What a deployment's <c>autoscaling</c> means to the decision.</summary>
internal static class AutoscalingPolicy
{
    private static readonly PaceLimit Up = new(TimeSpan.Zero);
    private static readonly PaceLimit Down = new(TimeSpan.FromMinutes(5), MaxStep: 1);

    public static ScalingPolicySpec Of(AutoscalingSpec spec)
    {
        var targets = spec.Targets ?? new AutoscalingTargets();
        return new ScalingPolicySpec
        {
            MinReplicas = spec.MinReplicas ?? 1,
            MaxReplicas = spec.MaxReplicas,
            KvUtilization = (targets.KvUtilizationPercent ?? 80) / 100.0,
            Throughput = (targets.ThroughputPercent ?? 80) / 100.0,
            TokensPerSecondPerReplica = targets.TokensPerSecondPerReplica,
            Latency = new ByMode<LatencyObjective?>(Objective(targets.Latency?.ModeOff), Objective(targets.Latency?.ModeOn)),
            ScaleUp = Pace(spec.Behavior?.ScaleUp, Up),
            ScaleDown = Pace(spec.Behavior?.ScaleDown, Down),
            Schedules = [.. (spec.Schedules ?? []).Select(Schedule)],
            ScaleToZero = spec.ScaleToZero is { } zero ? zero.IdleAfter?.Value ?? TimeSpan.FromMinutes(30) : null,
            Acts = spec.Mode != AutoscalingMode.Recommend,
        };
    }

    private static LatencyObjective? Objective(LatencyTargets? targets) =>
        targets is null ? null : new LatencyObjective(targets.Ttft?.Value, targets.Itl?.Value, targets.Percentile ?? 95);

    private static PaceLimit Pace(ScalingPace? pace, PaceLimit absent) => pace is null
        ? absent
        : new PaceLimit(pace.Stabilization?.Value ?? absent.Stabilization, pace.MaxStep ?? absent.MaxStep, pace.Interval?.Value ?? TimeSpan.Zero);

    private static ScalingSchedule Schedule(AutoscalingSchedule schedule) =>
        new(schedule.Name, schedule.Start, schedule.Duration, schedule.TimeZone, schedule.MinReplicas, schedule.MaxReplicas);
}
