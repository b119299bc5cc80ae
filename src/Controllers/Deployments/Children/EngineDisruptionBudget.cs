using k8s.Models;
using Nemotron.Crds;

namespace Nemotron.Controllers.Deployments.Children;

/// <summary>Lets a node drain take one replica at a time: also where a replica has several pods, since without one the others are not ready either.</summary>
internal static class EngineDisruptionBudget
{
    public static V1PodDisruptionBudget Build(NemotronDeployment owner) => new()
    {
        ApiVersion = "policy/v1",
        Kind = "PodDisruptionBudget",
        Metadata = ChildMetadata.Of(owner, ChildNames.DisruptionBudget(owner.Metadata.Name)),
        Spec = new V1PodDisruptionBudgetSpec
        {
            MaxUnavailable = 1,
            Selector = new V1LabelSelector { MatchLabels = ChildLabels.Selector(owner.Metadata.Name) },
            // A replica that does not serve protects nothing: it must not keep its node from being drained.
            UnhealthyPodEvictionPolicy = "AlwaysAllow",
        },
    };
}
