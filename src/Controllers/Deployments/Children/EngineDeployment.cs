using k8s.Models;
using Nemotron.Controllers.Rollouts;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.Deployments.Children;

/// <summary>The Deployment that keeps the replicas, where each is one pod.</summary>
internal static class EngineDeployment
{
    /// <summary>Builds it.</summary>
    /// <param name="owner">The NemotronDeployment.</param>
    /// <param name="decided">What was decided about it.</param>
    /// <param name="live">The Deployment as it stands, or null.</param>
    /// <param name="gate">What the gate on failed requests says, or null.</param>
    /// <param name="hasPrometheus">Whether there is a Prometheus, without which that gate has no effect.</param>
    public static V1Deployment Build(NemotronDeployment owner, DecidedDeployment decided, V1Deployment? live, GateVerdict? gate = null, bool hasPrometheus = false)
    {
        var spec = owner.Spec;
        var template = EnginePod.Server(owner, decided);
        var hash = EngineConfigMap.Digest(ModelJson.Serialize(template));
        var settled = live?.Spec.Strategy?.RollingUpdate is { } rolling ? new ReplicaPace(rolling.MaxSurge, rolling.MaxUnavailable) : null;
        var pace = ReplicaPace.Of(spec.Rollout, decided.Surge, hash, live?.Metadata.Annotations, settled, decided.SurgeStall.Stalled);
        var annotations = new Dictionary<string, string> { [ChildLabels.TemplateHash] = hash };
        if (decided.Extra > 0) annotations[ChildLabels.ExtraReplicas] = $"{decided.Extra}";
        return new V1Deployment
        {
            ApiVersion = "apps/v1",
            Kind = "Deployment",
            Metadata = ChildMetadata.Of(owner, ChildNames.Deployment(owner.Metadata.Name), annotations),
            Spec = new V1DeploymentSpec
            {
                Replicas = decided.Replicas + decided.Extra,
                // Left out where it does not hold: whoever else pauses it is its owner then.
                Paused = ErrorGate.Pauses(gate, ErrorGate.Limit(spec, inGroups: false, hasPrometheus), hash, ErrorGate.TemplateOf(live), live?.Spec.Paused == true) ? true : null,
                Selector = new V1LabelSelector { MatchLabels = ChildLabels.Selector(owner.Metadata.Name) },
                Strategy = new V1DeploymentStrategy { Type = "RollingUpdate", RollingUpdate = new V1RollingUpdateDeployment { MaxSurge = pace.MaxSurge, MaxUnavailable = pace.MaxUnavailable } },
                MinReadySeconds = (int)ProgressDeadline.ReadyFor(spec).TotalSeconds,
                ProgressDeadlineSeconds = (int)Math.Clamp(ProgressDeadline.Of(spec, decided.Launch).TotalSeconds, 1, int.MaxValue),
                RevisionHistoryLimit = 3,
                Template = template,
            },
        };
    }
}
