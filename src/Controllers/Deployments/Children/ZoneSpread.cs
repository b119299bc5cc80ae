using k8s.Models;
using Nemotron.Controllers.Views;
using Nemotron.Crds;

namespace Nemotron.Controllers.Deployments.Children;

/// <summary>Spreads the replicas of a deployment over zones, as far as GPUs allow.</summary>
internal static class ZoneSpread
{
    /// <summary>
    /// The user's constraints, or one over zones that is a wish: GPUs are too dear to stay idle for it. Over nodes there is none: replicas smaller than a node
    /// would take pieces of many, and larger groups would find none whole. The pods of one group belong together and are left to their affinity.
    /// </summary>
    public static IList<V1TopologySpreadConstraint>? Of(NemotronDeployment owner, DecidedDeployment decided) =>
        owner.Spec.PodTemplate?.TopologySpreadConstraints ?? (decided.InGroups ? null :
        [
            new V1TopologySpreadConstraint
            {
                MaxSkew = 1,
                TopologyKey = NodeView.ZoneLabel,
                WhenUnsatisfiable = "ScheduleAnyway",
                LabelSelector = new V1LabelSelector { MatchLabels = ChildLabels.Selector(owner.Metadata.Name) },
            },
        ]);
}
