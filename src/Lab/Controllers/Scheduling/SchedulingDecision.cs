namespace Nemotron.Lab.Controllers.Scheduling;

/// <summary>Where a pod goes, or why it goes nowhere.</summary>
/// <param name="Node">The node's name, or null.</param>
/// <param name="Message">The sentence for people when there is no node.</param>
internal sealed record SchedulingOutcome(string? Node, string Message);

/// <summary>
/// Picks a node for one pod: the filters of the real scheduler in its order, and of its scores those that matter here, with its
/// weights: untolerated soft taints (3), preferred node affinity (2), few pods of the same owner (2, standing in for its default
/// spreading) and the least allocated CPU and memory (1). Equal scores go to the node that came first, so equal inputs give equal outputs.
/// </summary>
internal static class SchedulingDecision
{
    /// <summary>Decides for one pod.</summary>
    /// <param name="pod">The pod's class.</param>
    /// <param name="state">The cluster.</param>
    /// <param name="start">Where to begin looking, so that large clusters fill evenly; moved on by what was looked at.</param>
    public static SchedulingOutcome Decide(PodClass pod, ClusterState state, ref int start)
    {
        var nodes = state.Nodes;
        if (nodes.Count == 0) return new(null, "no nodes available to schedule pods");
        var constraints = new PodConstraints(pod, state);
        var enough = Enough(nodes.Count);
        var feasible = new List<NodeState>();
        var first = nodes.Count <= enough ? 0 : start % nodes.Count;
        var looked = 0;
        while (looked < nodes.Count && feasible.Count < enough)
        {
            var node = nodes[(first + looked++) % nodes.Count];
            if (NodeFit.Fits(pod, node) && (constraints.IsEmpty || constraints.Reason(node) is null)) feasible.Add(node);
        }

        start = (first + looked) % nodes.Count;
        return feasible.Count > 0 ? new(Best(pod, feasible).Name, "") : new(null, Explain(pod, state, constraints));
    }

    /// <summary>How many feasible nodes suffice: all of 100, about a third of 2,000, never under 5 % (the real scheduler's adaptive rule).</summary>
    public static int Enough(int nodes) => nodes < 100 ? nodes : Math.Max(100, nodes * Math.Max(5, 50 - (nodes / 125)) / 100);

    private static string Explain(PodClass pod, ClusterState state, PodConstraints constraints)
    {
        var reasons = new Dictionary<string, int>();
        foreach (var node in state.Nodes)
        {
            var found = NodeFit.Reasons(pod, node, state.Slots);
            if (found.Count == 0 && constraints.Reason(node) is { } reason) found = [reason];
            foreach (var text in found) reasons[text] = reasons.GetValueOrDefault(text) + 1;
        }

        // Sorted as text, count included, as the real scheduler prints them.
        var lines = reasons.Select(reason => $"{reason.Value} {reason.Key}").Order(StringComparer.Ordinal);
        return $"0/{state.Nodes.Count} nodes are available: {string.Join(", ", lines)}.";
    }

    private static NodeState Best(PodClass pod, List<NodeState> feasible)
    {
        if (feasible.Count == 1) return feasible[0];
        var affinity = Scores(feasible, node => pod.PreferredNodes.Where(term => term.Matches(node)).Sum(term => term.Weight));
        var taints = Scores(feasible, node => node.Taints.Count(taint => taint.Effect == "PreferNoSchedule" && !NodeFit.Tolerates(pod, taint)));
        var siblings = Scores(feasible, node => node.PodsOf(pod.Owner));
        var best = 0;
        var highest = double.MinValue;
        for (var i = 0; i < feasible.Count; i++)
        {
            var score = (2 * Normal(affinity, i)) + (3 * (100 - Normal(taints, i))) + (2 * (100 - Normal(siblings, i))) + Free(pod, feasible[i]);
            if (score <= highest + 1e-9) continue;
            highest = score;
            best = i;
        }

        return feasible[best];
    }

    private static (long[] Values, long Most) Scores(List<NodeState> nodes, Func<NodeState, long> score)
    {
        var values = nodes.ConvertAll(node => score(node)).ToArray();
        return (values, values.Max());
    }

    private static double Normal((long[] Values, long Most) scores, int i) => scores.Most == 0 ? 0 : 100.0 * scores.Values[i] / scores.Most;

    private static double Free(PodClass pod, NodeState node)
    {
        return (Share(node.Allocatable(ResourceSlots.Cpu), node.Scored.Cpu + pod.Scored.Cpu)
            + Share(node.Allocatable(ResourceSlots.Memory), node.Scored.Memory + pod.Scored.Memory)) / 2;

        static double Share(long offered, long asked) => offered <= 0 || asked > offered ? 0 : 100.0 * (offered - asked) / offered;
    }
}
