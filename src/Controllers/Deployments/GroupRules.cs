using Nemotron.Controllers.Deployments.Children;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Planning.Placement;

namespace Nemotron.Controllers.Deployments;

/// <summary>What a replica over several nodes asks for beyond one on a single node.</summary>
internal static class GroupRules
{
    /// <summary>The first fault, or null.</summary>
    /// <param name="entity">The NemotronDeployment.</param>
    /// <param name="shape">The pods of one replica.</param>
    /// <param name="served">Whether the cluster has LeaderWorkerSets.</param>
    /// <param name="missing">Whether the fault is the cluster's and not the spec's.</param>
    public static Refusal? Refusal(NemotronDeployment entity, GroupShape shape, bool served, out bool missing)
    {
        missing = false;
        if (ChildNames.GroupRefusal(entity.Metadata.Name) is { } name) return new Refusal(ConditionReasons.NameTooLong, name);
        if (served) return null;
        missing = true;
        return new Refusal(ConditionReasons.CrdMissing,
            $"A replica takes {shape.Pods} nodes with {shape.GpusPerPod} GPUs each, and is kept by a LeaderWorkerSet: the custom resource leaderworkersets.{LeaderWorkerSet.GroupName} is not installed. "
            + "Install it (kubectl apply --server-side -f https://github.com/kubernetes-sigs/lws/releases/download/v0.10.0/manifests.yaml); it is noticed within a minute or so. "
            + "Or choose a degree that one node holds.");
    }
}
