using Nemotron.Controllers.Deployments.Gateways;
using Nemotron.Crds;
using Nemotron.Planning.Scaling;

namespace Nemotron.Controllers.Scaling;

/// <summary>What the autoscaler is held to. Pure.</summary>
internal static class ScalingPolicies
{
    /// <summary>The policy of a deployment.</summary>
    /// <param name="entity">The deployment; its autoscaling must be set.</param>
    /// <param name="mayBeZero">Whether something holds requests while there is no replica. The last one stays until it does; that it fails later is no reason to load a model.</param>
    public static ScalingPolicySpec Of(NemotronDeployment entity, bool mayBeZero)
    {
        var policy = AutoscalingPolicy.Of(entity.Spec.Autoscaling!);
        return policy with
        {
            ScaleToZero = mayBeZero && FrontPlan.Wanted(entity.Spec) ? policy.ScaleToZero : null,
            Frozen = entity.Metadata.Annotations is { } annotations && annotations.TryGetValue(NemotronAnnotations.FreezeScaling, out var frozen) && frozen == "true",
        };
    }
}
