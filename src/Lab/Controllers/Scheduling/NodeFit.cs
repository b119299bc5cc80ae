namespace Nemotron.Lab.Controllers.Scheduling;

/// <summary>Why a node does not take a pod, in the words of the real scheduler; the filters in its order.</summary>
internal static class NodeFit
{
    public const string Cordoned = "node(s) were unschedulable";
    public const string WrongNode = "node(s) didn't match Pod's node affinity/selector";
    public const string TooManyPods = "Too many pods";

    /// <summary>The reasons, empty when the pod fits as far as the node itself goes. Lack of several resources gives several reasons.</summary>
    public static IReadOnlyList<string> Reasons(PodClass pod, NodeState node, ResourceSlots slots)
    {
        if (node.Unschedulable && !ToleratesCordon(pod)) return [Cordoned];
        foreach (var taint in node.Taints)
        {
            if (taint.Effect == "PreferNoSchedule" || Tolerates(pod, taint)) continue;
            return [$"node(s) had untolerated taint {{{taint.Key}: {taint.Value}}}"];
        }

        if (!MatchesNode(pod, node)) return [WrongNode];
        List<string>? lacking = null;
        if (node.Used(ResourceSlots.Pods) + 1000 > node.Allocatable(ResourceSlots.Pods)) (lacking ??= []).Add(TooManyPods);
        for (var slot = 0; slot < pod.Requests.Length; slot++)
        {
            if (slot == ResourceSlots.Pods || pod.Requests[slot] == 0) continue;
            if (pod.Requests[slot] > node.Allocatable(slot) - node.Used(slot)) (lacking ??= []).Add($"Insufficient {slots.Name(slot)}");
        }

        return lacking ?? (IReadOnlyList<string>)[];
    }

    /// <summary>Whether the pod fits as far as the node itself goes, without naming reasons.</summary>
    public static bool Fits(PodClass pod, NodeState node)
    {
        // Cheapest and most often decisive first.
        for (var slot = 0; slot < pod.Requests.Length; slot++)
        {
            if (pod.Requests[slot] > 0 && pod.Requests[slot] > node.Allocatable(slot) - node.Used(slot)) return false;
        }

        if (node.Unschedulable && !ToleratesCordon(pod)) return false;
        foreach (var taint in node.Taints)
        {
            if (taint.Effect != "PreferNoSchedule" && !Tolerates(pod, taint)) return false;
        }

        return MatchesNode(pod, node);
    }

    /// <summary>Whether a taint is tolerated.</summary>
    public static bool Tolerates(PodClass pod, Taint taint)
    {
        foreach (var toleration in pod.Tolerations)
        {
            if (toleration.Tolerates(taint)) return true;
        }

        return false;
    }

    private static bool ToleratesCordon(PodClass pod) => Tolerates(pod, new("node.kubernetes.io/unschedulable", "", "NoSchedule"));

    /// <summary>Whether the node is one the pod selects by label or name.</summary>
    public static bool MatchesNode(PodClass pod, NodeState node)
    {
        foreach (var (key, value) in pod.NodeSelector)
        {
            if (!node.Labels.TryGetValue(key, out var label) || label != value) return false;
        }

        return pod.RequiredNodes is not { } terms || terms.Any(term => term.Matches(node));
    }
}
