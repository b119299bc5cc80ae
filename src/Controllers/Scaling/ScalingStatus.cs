using Nemotron.Controllers.Conditions;
using Nemotron.Controllers.Deployments;
using Nemotron.Crds;
using Nemotron.Planning.Scaling;

namespace Nemotron.Controllers.Scaling;

/// <summary>What the status says of the autoscaler. Pure.</summary>
internal static class ScalingStatus
{
    // The schema's bound.
    private const int LongestMessage = 1024;

    /// <summary>The newest change of the number; what was only recommended is none.</summary>
    public static ScalingDecisionStatus? Last(DeploymentSnapshot snapshot) =>
        snapshot is { Entity.Spec.Autoscaling: { Mode: not AutoscalingMode.Recommend }, Scaling.Shown.Change: { } change }
            ? new ScalingDecisionStatus { Time = change.At.UtcDateTime, From = change.From, To = change.To, Reason = change.Reason.ToString(), Message = Short(change.Message) }
            : snapshot.Entity.Status?.LastScaling;

    /// <summary>What is carried from one decision to the next; gone with spec.autoscaling.</summary>
    public static AutoscalerStateStatus? Autoscaler(DeploymentSnapshot snapshot)
    {
        if (snapshot.Entity.Spec.Autoscaling is null) return null;
        var former = snapshot.Entity.Status?.Autoscaler;
        if (snapshot.Scaling?.Shown is not { State: { } text } shown) return former;
        // The sentence has the tick's numbers in it: it is written with the state, not each time that it differs.
        var same = former?.State == text;
        return new AutoscalerStateStatus
        {
            RecommendedReplicas = shown.Recommended,
            Reason = same ? former!.Reason : snapshot.Scaling.Decision?.Reason.ToString(),
            Message = same ? former!.Message : Short(snapshot.Scaling.Decision?.Message),
            State = text,
        };
    }

    /// <summary>Whether the autoscaler says what is known of metrics: of what it scales, by what Prometheus has.</summary>
    public static bool OwnsMetrics(DeploymentSnapshot snapshot) => snapshot is { Entity.Spec.Autoscaling: not null, ScalingConfigured: true };

    /// <summary>The autoscaler's conditions.</summary>
    public static void Set(ConditionSet conditions, DeploymentSnapshot snapshot)
    {
        if (OtherScalers.Conflict(snapshot.Entity.Spec, snapshot.OtherScalers) is { } conflict)
            conditions.Set(ConditionTypes.ScalingOwned, false, ConditionReasons.AnotherScaler, conflict);
        else if (snapshot.Entity.Spec.Autoscaling is not null)
            conditions.Set(ConditionTypes.ScalingOwned, true, ConditionReasons.SoleScaler, "No HorizontalPodAutoscaler and no ScaledObject claims the number of replicas as well.");
        if (snapshot.Entity.Spec.Autoscaling is null) return;
        if (!snapshot.ScalingConfigured)
        {
            conditions.Set(ConditionTypes.ScalingLimited, null, ConditionReasons.PrometheusNotConfigured,
                "The operator was started without --prometheus-url (chart: prometheus.url): it scales nothing, and the number of replicas is held within its limits.");
            return;
        }

        if (snapshot.Scaling?.Metrics is { } metrics) conditions.Set(ConditionTypes.MetricsAvailable, metrics.Available, metrics.Reason, metrics.Message);
        else conditions.Keep(ConditionTypes.MetricsAvailable);
        if (snapshot.Scaling?.Decision is not { } decision)
        {
            conditions.Keep(ConditionTypes.ScalingLimited);
            return;
        }

        var (limited, reason, message) = Limit(decision, snapshot.Entity.Spec.Autoscaling.Mode == AutoscalingMode.Recommend);
        conditions.Set(ConditionTypes.ScalingLimited, limited, reason, message);
    }

    private static (bool? Limited, string Reason, string Message) Limit(ScalingDecision decision, bool recommends) => decision.Reason switch
    {
        ScalingReason.NoData or ScalingReason.MetricsDown => (null, ConditionReasons.MetricsMissing, $"Held at {decision.Current} replicas: without metrics nothing is known of the demand."),
        ScalingReason.Frozen => (true, ConditionReasons.Frozen, $"The annotation {NemotronAnnotations.FreezeScaling} holds the number at {decision.Current}. Remove it to let the autoscaler go on."),
        ScalingReason.MaxReplicas or ScalingReason.Schedule when decision.Desired >= decision.Bounds.Max && decision.Demand is { } demand && demand.Replicas > decision.Bounds.Max =>
            (true, ConditionReasons.AtMaxReplicas, $"The demand is for more than the {decision.Bounds.Max} replicas that {(decision.Bounds.Schedule is { } schedule ? $"schedule {schedule}" : "spec.autoscaling.maxReplicas")} allows. Raise it, or let requests wait."),
        ScalingReason.GpuCeiling => (true, ConditionReasons.InsufficientGpus, "The demand is for more replicas than the pool has free GPUs for. Add nodes, or free GPUs."),
        ScalingReason.MinReplicas => (true, ConditionReasons.AtMinReplicas, $"The demand is for fewer than the {decision.Bounds.Min} replicas that are the fewest allowed."),
        _ when recommends => (false, ConditionReasons.RecommendOnly, "The autoscaler recommends and does not act (spec.autoscaling.mode: Recommend)."),
        _ => (false, ConditionReasons.WithinLimits, "The number of replicas follows the demand."),
    };

    private static string? Short(string? text) => text is null || text.Length <= LongestMessage ? text : text[..LongestMessage];
}
