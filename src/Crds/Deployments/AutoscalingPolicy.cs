using Nemotron.Planning.Scaling;

namespace Nemotron.Crds;

/// <summary>What a deployment's <c>autoscaling</c> means to the decision: the same to the operator and to the simulation.</summary>
public static class AutoscalingPolicy
{
    private static readonly PaceLimit Up = new(TimeSpan.Zero);
    private static readonly PaceLimit Down = new(TimeSpan.FromMinutes(5), MaxStep: 1);

    /// <summary>Translates, with the schema's defaults where a field is absent.</summary>
    /// <param name="spec">The declaration.</param>
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

    /// <summary>Why a schedule cannot be read, with the path to it; null where all can.</summary>
    /// <param name="spec">The declaration.</param>
    public static string? Fault(AutoscalingSpec spec)
    {
        for (var i = 0; i < (spec.Schedules?.Count ?? 0); i++)
        {
            try
            {
                ReplicaBounds.Holds(Schedule(spec.Schedules![i]), DateTimeOffset.UnixEpoch);
            }
            catch (ArgumentException error)
            {
                return $"spec.autoscaling.schedules[{i}]: {error.Message.Split(" (Parameter", 2)[0]}";
            }
        }

        return null;
    }

    private static LatencyObjective? Objective(LatencyTargets? targets) =>
        targets is null ? null : new LatencyObjective(targets.Ttft?.Value, targets.Itl?.Value, targets.Percentile ?? 95);

    private static PaceLimit Pace(ScalingPace? pace, PaceLimit absent) => pace is null
        ? absent
        : new PaceLimit(pace.Stabilization?.Value ?? absent.Stabilization, pace.MaxStep ?? absent.MaxStep, pace.Interval?.Value ?? TimeSpan.Zero);

    private static ScalingSchedule Schedule(AutoscalingSchedule schedule) =>
        new(schedule.Name, schedule.Start, schedule.Duration, schedule.TimeZone, schedule.MinReplicas, schedule.MaxReplicas);
}
