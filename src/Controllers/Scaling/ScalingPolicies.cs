using Nemotron.Crds;
using Nemotron.Planning.Scaling;

namespace Nemotron.Controllers.Scaling;

/// <summary>A deployment's <c>spec.autoscaling</c> in the planner's terms. Pure.</summary>
internal static class ScalingPolicies
{
    /// <summary>Its annotation that freezes the number of replicas while it is "true".</summary>
    public const string FreezeAnnotation = NemotronApi.Group + "/freeze-replicas";

    /// <summary>Translates.</summary>
    /// <param name="entity">The deployment; its autoscaling must be set.</param>
    public static ScalingPolicySpec Of(NemotronDeployment entity)
    {
        var spec = entity.Spec.Autoscaling ?? throw new ArgumentException("the deployment has no autoscaling", nameof(entity));
        var least = spec.MinReplicas ?? 1;
        return new ScalingPolicySpec
        {
            MinReplicas = least,
            MaxReplicas = Math.Max(least, spec.MaxReplicas),
            KvUtilization = (spec.Targets?.KvUtilizationPercent ?? 80) / 100.0,
            Throughput = (spec.Targets?.ThroughputPercent ?? 80) / 100.0,
            TokensPerSecondPerReplica = spec.Targets?.TokensPerSecondPerReplica,
            Latency = new ByMode<LatencyObjective?>(Objective(spec.Targets?.Latency?.ModeOff), Objective(spec.Targets?.Latency?.ModeOn)),
            ScaleUp = Pace(spec.Behavior?.ScaleUp, TimeSpan.Zero, most: null),
            ScaleDown = Pace(spec.Behavior?.ScaleDown, TimeSpan.FromMinutes(5), most: 1),
            Schedules = [.. (spec.Schedules ?? []).Select(schedule => new ScalingSchedule(
                schedule.Name, schedule.Start, schedule.Duration.Value, schedule.TimeZone, schedule.MinReplicas, schedule.MaxReplicas))],
            Acts = spec.Mode != AutoscalingMode.Recommend,
            Frozen = entity.Metadata.Annotations is { } annotations && annotations.TryGetValue(FreezeAnnotation, out var frozen) && frozen == "true",
        };
    }

    private static LatencyObjective? Objective(LatencyTargets? targets) =>
        targets is null ? null : new LatencyObjective(targets.Ttft?.Value, targets.Itl?.Value, targets.Percentile ?? 95);

    private static PaceLimit Pace(ScalingPace? pace, TimeSpan stabilization, int? most) =>
        new(pace?.Stabilization?.Value ?? stabilization, pace?.MaxStep ?? most, pace?.Interval?.Value ?? TimeSpan.Zero);
}
