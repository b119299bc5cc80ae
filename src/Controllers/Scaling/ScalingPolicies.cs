using Nemotron.Crds;
using Nemotron.Planning.Scaling;

namespace Nemotron.Controllers.Scaling;

/// <summary>What the autoscaler is held to. Pure.</summary>
internal static class ScalingPolicies
{
    /// <summary>The policy of a deployment.</summary>
    /// <param name="entity">The deployment; its autoscaling must be set.</param>
    public static ScalingPolicySpec Of(NemotronDeployment entity) => AutoscalingPolicy.Of(entity.Spec.Autoscaling!) with
    {
        // Nothing could hold requests while the first replica loads.
        ScaleToZero = null,
        Frozen = entity.Metadata.Annotations is { } annotations && annotations.TryGetValue(NemotronAnnotations.FreezeScaling, out var frozen) && frozen == "true",
    };
}
