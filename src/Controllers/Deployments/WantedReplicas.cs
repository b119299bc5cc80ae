using Nemotron.Crds;

namespace Nemotron.Controllers.Deployments;

/// <summary>How many replicas are wanted.</summary>
internal static class WantedReplicas
{
    /// <summary>What the spec says; with autoscaling, which this version does not act on, what there is, held within its limits.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="live">What the Deployment has now, or null.</param>
    public static int Of(NemotronDeploymentSpec spec, int? live)
    {
        if (spec.Autoscaling is not { } autoscaling) return spec.Replicas ?? 1;
        var least = autoscaling.MinReplicas ?? 1;
        return Math.Clamp(live ?? least, least, Math.Max(least, autoscaling.MaxReplicas));
    }
}
