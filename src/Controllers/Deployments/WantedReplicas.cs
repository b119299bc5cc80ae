using Nemotron.Controllers.Deployments.Gateways;
using Nemotron.Crds;

namespace Nemotron.Controllers.Deployments;

/// <summary>How many replicas are wanted.</summary>
internal static class WantedReplicas
{
    /// <summary>
    /// What the spec says; with autoscaling, what the autoscaler decided; where it has decided nothing yet or only recommends, what there is, held within the limits.
    /// </summary>
    /// <param name="spec">The spec.</param>
    /// <param name="live">What the workload has now, or null.</param>
    /// <param name="decided">What the autoscaler decided, or null.</param>
    public static int Of(NemotronDeploymentSpec spec, int? live, int? decided = null)
    {
        if (spec.Autoscaling is not { } autoscaling) return spec.Replicas ?? 1;
        if (decided is { } number && autoscaling.Mode != AutoscalingMode.Recommend) return number;
        var least = autoscaling.MinReplicas ?? 1;
        // None may be what was decided before a restart of the operator.
        return Math.Clamp(live ?? least, FrontPlan.Wanted(spec) ? 0 : least, Math.Max(least, autoscaling.MaxReplicas));
    }
}
