using k8s.Models;
using Nemotron.Controllers.Views;
using Nemotron.Crds;

namespace Nemotron.Controllers.Deployments.Children;

/// <summary>Keeps the pods of one replica within an NVLink domain.</summary>
internal static class GroupAffinity
{
    /// <summary>The user's affinity, and where the pool's nodes are racks a term that draws the pods of one group to one another.</summary>
    public static V1Affinity? Of(NemotronDeployment owner, DecidedDeployment decided)
    {
        var user = owner.Spec.PodTemplate?.Affinity;
        if (!decided.WithinNvLinkDomain) return user;
        var together = new V1PodAffinityTerm
        {
            TopologyKey = NodeView.CliqueLabel,
            LabelSelector = new V1LabelSelector { MatchLabels = ChildLabels.Selector(owner.Metadata.Name) },
            // Of the same group only: Kubernetes 1.31 and newer put the pod's own value of it into the selector.
            MatchLabelKeys = [LeaderWorkerSet.GroupKeyLabel],
        };
        return new V1Affinity
        {
            NodeAffinity = user?.NodeAffinity,
            PodAntiAffinity = user?.PodAntiAffinity,
            PodAffinity = new V1PodAffinity
            {
                PreferredDuringSchedulingIgnoredDuringExecution = user?.PodAffinity?.PreferredDuringSchedulingIgnoredDuringExecution,
                RequiredDuringSchedulingIgnoredDuringExecution = [together, .. user?.PodAffinity?.RequiredDuringSchedulingIgnoredDuringExecution ?? []],
            },
        };
    }
}
