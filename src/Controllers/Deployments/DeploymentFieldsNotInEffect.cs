using Nemotron.Controllers.Deployments.Children;
using Nemotron.Controllers.Deployments.Gateways;
using Nemotron.Controllers.Rollouts;
using Nemotron.Crds;

namespace Nemotron.Controllers.Deployments;

/// <summary>Fields of a NemotronDeployment that the schema has and this version does not act on.</summary>
internal static class DeploymentFieldsNotInEffect
{
    // What the schema fills in, and so nobody asked for.
    private static readonly TimeSpan DefaultReadyFor = TimeSpan.FromSeconds(10);

    /// <summary>Their paths, of those that ask for something.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="decided">What was decided about it, or null.</param>
    /// <param name="inFleet">Whether a NemotronFleet selects it.</param>
    /// <param name="hasPrometheus">Whether there is a Prometheus to ask.</param>
    public static IReadOnlyList<string> Of(NemotronDeploymentSpec spec, DecidedDeployment? decided = null, bool inFleet = false, bool hasPrometheus = false)
    {
        var paths = new List<string>();
        // Only replicas over several nodes.
        if (decided?.InGroups == true && spec.Rollout?.Gates?.ReadyFor is { } readyFor && readyFor.Value != DefaultReadyFor)
            paths.Add("spec.rollout.gates.readyFor (a LeaderWorkerSet goes on as soon as a replica is ready)");
        if (spec.Autoscaling is not null && !hasPrometheus) paths.Add("spec.autoscaling (the operator has no Prometheus to ask: chart value prometheus.url; the number of replicas is held within its limits)");
        else if (spec.Autoscaling?.ScaleToZero is not null && FrontPlan.WhyNot(spec) is { } why) paths.Add($"spec.autoscaling.scaleToZero ({why})");
        if (spec.Priority is not (null or 0) && !inFleet) paths.Add("spec.priority (no NemotronFleet selects the deployment)");
        paths.AddRange(ReasoningRules.NotInEffect(spec, decided));
        if (decided is { OwnPodMonitor: false } && EnginePodMonitor.Asked(spec)) paths.Add("spec.monitoring.podMonitor (there is no gateway, and the engine has no metrics)");
        if (decided is { OwnPodMonitor: true, PodMonitorsServed: false }) paths.Add("spec.monitoring.podMonitor (the cluster has no PodMonitor: install the CRDs of the Prometheus operator)");
        if (spec.Rollout?.Gates?.MaxErrorPercent is not null && ErrorGate.WhyNot(spec, decided?.InGroups == true, hasPrometheus) is { } noGate) paths.Add($"spec.rollout.gates.maxErrorPercent ({noGate})");
        return paths;
    }
}
