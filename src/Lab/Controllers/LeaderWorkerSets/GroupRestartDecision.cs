using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers.LeaderWorkerSets;

/// <summary>Whether a group must be made anew because of one of its pods.</summary>
internal static class GroupRestartDecision
{
    /// <summary>Decides about a pod's group.</summary>
    /// <param name="policy">The set's <c>spec.leaderWorkerTemplate.restartPolicy</c>.</param>
    /// <param name="pod">A pod of the group.</param>
    /// <param name="group">All pods of the group.</param>
    /// <param name="size">The pods that a group has.</param>
    public static bool Recreates(string? policy, JsonObject pod, IReadOnlyCollection<JsonObject> group, int size)
    {
        if (policy is not ("RecreateGroupOnPodRestart" or "RecreateGroupAfterStart")) return false;
        if (!pod.IsDeleting() && !HasRestarted(pod)) return false;
        // Until a group has started as a whole, this policy lets pods stumble.
        var started = group.Count == size && group.All(member => member.Text("status", "phase") != "Pending");
        return policy == "RecreateGroupOnPodRestart" || started;
    }

    private static bool HasRestarted(JsonObject pod) =>
        pod.Text("status", "phase") is "Running" or "Pending"
        && pod.Items("status", "initContainerStatuses").Concat(pod.Items("status", "containerStatuses")).Any(status => status.Whole("restartCount") > 0);
}
