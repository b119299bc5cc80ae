using k8s.Models;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.Deployments.Children;

/// <summary>The Deployment that keeps the replicas.</summary>
internal static class EngineDeployment
{
    /// <summary>Builds it.</summary>
    /// <param name="owner">The NemotronDeployment.</param>
    /// <param name="decided">What was decided about it.</param>
    /// <param name="live">The Deployment as it stands, or null.</param>
    public static V1Deployment Build(NemotronDeployment owner, DecidedDeployment decided, V1Deployment? live)
    {
        var spec = owner.Spec;
        var template = EnginePod.Build(owner, decided);
        var hash = EngineConfigMap.Digest(ModelJson.Serialize(template));
        // How to replace replicas is decided when there is something to replace. In between it stays as it is:
        // GPUs come and go all day, and each change of the strategy would be a write on a settled object.
        var pace = Pace(spec.Rollout, decided.Surge);
        if ((spec.Rollout?.Strategy ?? RolloutStrategy.Auto) == RolloutStrategy.Auto
            && live?.Metadata.Annotations?.TryGetValue(ChildLabels.TemplateHash, out var old) == true && old == hash
            && live.Spec.Strategy?.RollingUpdate is { } settled)
            pace = new V1RollingUpdateDeployment { MaxSurge = settled.MaxSurge, MaxUnavailable = settled.MaxUnavailable };

        return new V1Deployment
        {
            ApiVersion = "apps/v1",
            Kind = "Deployment",
            Metadata = ChildMetadata.Of(owner, ChildNames.Deployment(owner.Metadata.Name), new Dictionary<string, string> { [ChildLabels.TemplateHash] = hash }),
            Spec = new V1DeploymentSpec
            {
                Replicas = decided.Replicas,
                Selector = new V1LabelSelector { MatchLabels = ChildLabels.Selector(owner.Metadata.Name) },
                Strategy = new V1DeploymentStrategy { Type = "RollingUpdate", RollingUpdate = pace },
                MinReadySeconds = (int)(spec.Rollout?.Gates?.ReadyFor?.Value.TotalSeconds ?? 0),
                ProgressDeadlineSeconds = (int)Math.Clamp(spec.Rollout?.ProgressDeadline?.Value.TotalSeconds ?? 3600, 1, int.MaxValue),
                RevisionHistoryLimit = 3,
                Template = template,
            },
        };
    }

    private static V1RollingUpdateDeployment Pace(RolloutSpec? rollout, bool surge) => surge
        ? new V1RollingUpdateDeployment { MaxSurge = NotZero(rollout?.MaxSurge), MaxUnavailable = 0 }
        : new V1RollingUpdateDeployment { MaxSurge = 0, MaxUnavailable = NotZero(rollout?.MaxUnavailable) };

    // Both at zero would never move; Kubernetes refuses it.
    private static IntOrString NotZero(IntOrString? asked) => asked is null || asked.Value is "0" or "0%" ? 1 : asked;
}
