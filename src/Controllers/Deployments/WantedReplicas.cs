using Nemotron.Controllers.Deployments.Gateways;
using Nemotron.Crds;
using Nemotron.Planning.Scaling;

namespace Nemotron.Controllers.Deployments;

/// <summary>How many replicas are wanted.</summary>
internal static class WantedReplicas
{
    /// <summary>
    /// What the spec says; with autoscaling, what the autoscaler decided; where it has yet to decide, what there is: a schedule, or who froze the number, may have brought it
    /// beyond the spec's own limits before this process led. Where it decides nothing or only recommends, what there is, held within the limits.
    /// </summary>
    /// <param name="spec">The spec.</param>
    /// <param name="live">What the workload has now, or null.</param>
    /// <param name="now">The time, for schedules.</param>
    /// <param name="decided">What the autoscaler decided, or null.</param>
    /// <param name="undecided">Whether the autoscaler has not looked yet, and will in a moment.</param>
    public static int Of(NemotronDeploymentSpec spec, int? live, DateTimeOffset now, int? decided = null, bool undecided = false)
    {
        if (spec.Autoscaling is not { } autoscaling) return spec.Replicas ?? 1;
        var acts = autoscaling.Mode != AutoscalingMode.Recommend;
        if (decided is { } number && acts) return number;
        var least = autoscaling.MinReplicas ?? 1;
        if (live is not { } present) return least;
        if (undecided && acts) return present;
        var bounds = ReplicaBounds.At(AutoscalingPolicy.Of(autoscaling), now);
        // Recommended is no reason to follow a schedule, nor to undo what one did.
        if (!acts) bounds = bounds with { Min = Math.Min(bounds.Min, least), Max = Math.Max(bounds.Max, autoscaling.MaxReplicas) };
        // None may be what was decided before a restart of the operator.
        return Math.Clamp(present, FrontPlan.Wanted(spec) && bounds.Schedule is null ? 0 : bounds.Min, bounds.Max);
    }
}
