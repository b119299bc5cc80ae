using Nemotron.Crds;

namespace Nemotron.Controllers.Deployments;

/// <summary>Fields of a NemotronDeployment that the schema has and this version does not act on.</summary>
internal static class DeploymentFieldsNotInEffect
{
    // What the schema fills in, and so nobody asked for.
    private static readonly TimeSpan DefaultReadyFor = TimeSpan.FromSeconds(10);

    /// <summary>Their paths, of those that ask for something.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="inGroups">Whether a replica takes several nodes, and so a LeaderWorkerSet.</param>
    public static IReadOnlyList<string> Of(NemotronDeploymentSpec spec, bool inGroups = false)
    {
        var paths = new List<string>();
        if (inGroups && spec.Rollout?.Gates?.ReadyFor is { } readyFor && readyFor.Value != DefaultReadyFor)
            paths.Add("spec.rollout.gates.readyFor (a LeaderWorkerSet goes on as soon as a replica is ready)");
        if (spec.Autoscaling?.ScaleToZero is not null) paths.Add("spec.autoscaling.scaleToZero (the last replica stays: nothing could hold requests while it loads)");
        if (spec.Priority is not (null or 0)) paths.Add("spec.priority");
        if (spec.Reasoning is { } reasoning && (reasoning.Default == ReasoningMode.On || reasoning.Enforcement == ReasoningEnforcement.Enforced || reasoning.BudgetTokens is not null || reasoning.Sampling is not null))
            paths.Add("spec.reasoning");
        if (spec.Gateway is { } gateway && (gateway.Image is not null || gateway.Resources is not null)) paths.Add("spec.gateway");
        if (spec.Monitoring?.PodMonitor is not null) paths.Add("spec.monitoring.podMonitor");
        if (spec.NetworkPolicy?.Enabled == true) paths.Add("spec.networkPolicy");
        if (spec.Rollout?.Gates?.MaxErrorPercent is not null) paths.Add("spec.rollout.gates.maxErrorPercent");
        return paths;
    }
}
