namespace Nemotron.Planning.Placement;

/// <summary>Whole TP groups on nodes.</summary>
public static class TpGroups
{
    /// <summary>How many groups of <paramref name="groupSize"/> GPUs fit into the free GPUs of <paramref name="nodes"/>, each on one node.</summary>
    public static int FreeGroups(IEnumerable<NodeState> nodes, int groupSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(groupSize, 1);
        return nodes.Sum(node => node.Free / groupSize);
    }

    /// <summary>
    /// How many replicas of a shape fit into the free GPUs of <paramref name="nodes"/>. The pods of one with several stay within an NVLink domain
    /// where nodes are in one.
    /// </summary>
    public static int FreeGroups(IEnumerable<NodeState> nodes, GroupShape shape) => shape.Pods == 1
        ? FreeGroups(nodes, shape.GpusPerPod)
        : nodes.GroupBy(node => node.Clique).Sum(domain => domain.Sum(node => node.Free / shape.GpusPerPod) / shape.Pods);

    /// <summary>
    /// The largest TP group that could be started now: the largest power of two (TP degrees are powers of two) not above the most free GPUs of any node; 0 when none is free.
    /// </summary>
    public static int LargestFreeGroup(IEnumerable<NodeState> nodes)
    {
        var most = nodes.Select(node => node.Free).DefaultIfEmpty(0).Max();
        return most == 0 ? 0 : 1 << int.Log2(most);
    }

    /// <summary>The most whole GPUs that any node of the set has, free or not, in order or not: the largest group that could ever be placed on one node.</summary>
    public static int LargestNode(IEnumerable<NodeState> nodes) =>
        nodes.Select(node => node.Fault is NodeFault.Shared or NodeFault.Mig ? 0 : Math.Max(node.Capacity, node.Allocatable)).DefaultIfEmpty(0).Max();
}
