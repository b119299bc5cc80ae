namespace Nemotron.Planning.Placement;

/// <summary>A node that may hold the weights of a model on its disk.</summary>
/// <param name="Node">The node.</param>
/// <param name="Holds">Whether it holds them, or is about to: it downloads them or runs one of the model's pods.</param>
public sealed record WeightNode(NodeState Node, bool Holds);

/// <summary>Which nodes are to hold the weights of a model before it starts there. Pure.</summary>
public static class WeightNodes
{
    // A replica that has to leave its node, or comes before an old one goes, finds its weights too.
    private const int Spare = 1;

    /// <summary>
    /// As many nodes as the most replicas take, and one to spare: those that hold the weights first, so that a choice stays what it was; then those with the most free GPUs.
    /// </summary>
    /// <param name="nodes">The nodes of the pool.</param>
    /// <param name="shape">The pods of one replica and their GPUs.</param>
    /// <param name="replicas">The most replicas there may be, 0 or more. For 0 nothing is chosen.</param>
    /// <returns>Names, in the order of need: whose disk is filled first.</returns>
    public static IReadOnlyList<string> Choose(IEnumerable<WeightNode> nodes, GroupShape shape, int replicas)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentOutOfRangeException.ThrowIfNegative(replicas);
        if (replicas == 0) return [];
        var able = nodes
            .Where(node => node.Node.Usable >= shape.GpusPerPod)
            .OrderByDescending(node => node.Holds)
            .ThenByDescending(node => node.Node.Free)
            .ThenBy(node => node.Node.Name, StringComparer.Ordinal);
        var pods = (long)replicas * shape.Pods;
        var spare = Spare;
        var chosen = new List<string>();
        foreach (var (node, _) in able)
        {
            if (pods <= 0 && spare-- <= 0) break;
            chosen.Add(node.Name);
            pods -= node.Usable / shape.GpusPerPod;
        }

        return chosen;
    }
}
