using Nemotron.Crds;

namespace Nemotron.Controllers.Scaling;

/// <summary>A change of the number of replicas that an Event tells of.</summary>
/// <param name="From">Before.</param>
/// <param name="To">After.</param>
/// <param name="Why">Why.</param>
internal sealed record ScalingTold(int? From, int? To, string Why)
{
    /// <summary>What is to be told; null for nothing. Pure.</summary>
    /// <param name="entity">The deployment, with the status before.</param>
    /// <param name="next">The status now.</param>
    /// <param name="inFleet">Whether a fleet grants what the autoscaler asks for: then it is told when, and as far as, it is granted.</param>
    public static ScalingTold? Of(NemotronDeployment entity, NemotronDeploymentStatus next, bool inFleet)
    {
        if (next.LastScaling is not { Message: { } why } scaling || entity.Spec.Autoscaling is { Mode: AutoscalingMode.Recommend }) return null;
        if (!inFleet) return scaling == entity.Status?.LastScaling ? null : new ScalingTold(scaling.From, scaling.To, why);
        if (entity.Status?.DesiredReplicas is not { } before || next.DesiredReplicas is not { } now || before == now) return null;
        // What the fleet takes back for others, its own condition tells of.
        return now > before ? (scaling.To > scaling.From && now <= scaling.To ? new ScalingTold(before, now, why) : null)
            : scaling.To < scaling.From && now == scaling.To ? new ScalingTold(before, now, why) : null;
    }
}
