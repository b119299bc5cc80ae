using Nemotron.Controllers.Views;

namespace Nemotron.Controllers.NodePools.Health;

/// <summary>What becomes of a pod on a node whose kubelet is silent, since nobody there says that it has ended.</summary>
internal enum LostPod
{
    /// <summary>It is left as it is.</summary>
    Left,

    /// <summary>It is in its grace period: cut off from the API, it may still finish what it has in flight.</summary>
    Waiting,

    /// <summary>It is removed from the API.</summary>
    Removed,
}

/// <summary>Decides about pods on silent nodes.</summary>
internal static class LostPods
{
    /// <summary>Decides. Pure.</summary>
    /// <remarks>
    /// Only pods of groups: a pod of a StatefulSet keeps its name, and with it the whole group, from being made anew until it is gone. Two of a name at once
    /// do no harm here: they write nothing that both could, and the old one's leader is gone. A ReplicaSet has made another pod long since.
    /// </remarks>
    /// <param name="pod">A pod of the operator's on the node.</param>
    /// <param name="now">The time.</param>
    public static LostPod Of(PodView pod, DateTimeOffset now)
    {
        // With a grace period of nothing it was removed already, and a finalizer keeps it.
        if (!pod.InGroup || pod.Metadata.DeletionTimestamp is null || pod.Metadata.DeletionGracePeriodSeconds == 0) return LostPod.Left;
        return pod.Overdue(now) ? LostPod.Removed : LostPod.Waiting;
    }
}
