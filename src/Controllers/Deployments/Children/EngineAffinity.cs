using k8s.Models;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Engines.Launch;

namespace Nemotron.Controllers.Deployments.Children;

/// <summary>What draws the pods of a replica: one another within an NVLink domain, and nodes that hold the weights.</summary>
internal static class EngineAffinity
{
    // The scheduler adds such weights, at most 100 each, to what it makes of nodes itself.
    private const int HeldWeights = 100;

    /// <summary>The user's affinity; where the pool's nodes are racks, with a term that draws the pods of one group to one another; where nodes keep weights, with a wish for one that has these.</summary>
    public static V1Affinity? Of(NemotronDeployment owner, DecidedDeployment decided)
    {
        var user = owner.Spec.PodTemplate?.Affinity;
        if (!decided.WithinNvLinkDomain && decided.Weights is null) return user;
        return new V1Affinity
        {
            NodeAffinity = decided.Weights is { } weights ? ToHolders(user?.NodeAffinity, weights) : user?.NodeAffinity,
            PodAntiAffinity = user?.PodAntiAffinity,
            PodAffinity = decided.WithinNvLinkDomain ? Together(user?.PodAffinity, owner) : user?.PodAffinity,
        };
    }

    private static V1NodeAffinity ToHolders(V1NodeAffinity? user, CachedWeights weights)
    {
        var holder = new V1NodeSelectorRequirement { Key = NemotronLabels.HeldWeights + weights.Key, OperatorProperty = "Exists" };
        return new V1NodeAffinity
        {
            RequiredDuringSchedulingIgnoredDuringExecution = user?.RequiredDuringSchedulingIgnoredDuringExecution,
            PreferredDuringSchedulingIgnoredDuringExecution =
            [
                new V1PreferredSchedulingTerm { Weight = HeldWeights, Preference = new V1NodeSelectorTerm { MatchExpressions = [holder] } },
                .. user?.PreferredDuringSchedulingIgnoredDuringExecution ?? [],
            ],
        };
    }

    private static V1PodAffinity Together(V1PodAffinity? user, NemotronDeployment owner)
    {
        var together = new V1PodAffinityTerm
        {
            TopologyKey = NodeView.CliqueLabel,
            LabelSelector = new V1LabelSelector { MatchLabels = ChildLabels.Selector(owner.Metadata.Name) },
            // Of the same group only: Kubernetes 1.31 and newer put the pod's own value of it into the selector.
            MatchLabelKeys = [LeaderWorkerSet.GroupKeyLabel],
        };
        return new V1PodAffinity
        {
            PreferredDuringSchedulingIgnoredDuringExecution = user?.PreferredDuringSchedulingIgnoredDuringExecution,
            RequiredDuringSchedulingIgnoredDuringExecution = [together, .. user?.RequiredDuringSchedulingIgnoredDuringExecution ?? []],
        };
    }
}
