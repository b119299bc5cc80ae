namespace Nemotron.Planning.Placement;

/// <summary>Whole TP groups on nodes. A group never spans nodes here; one larger than every node is a multi-node group.</summary>
public static class TpGroups
{
    /// <summary>How many groups of <paramref name="groupSize"/> GPUs fit into the free GPUs of <paramref name="nodes"/>, each on one node.</summary>
    public static int FreeGroups(IEnumerable<NodeState> nodes, int groupSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(groupSize, 1);
        return nodes.Sum(node => node.Free / groupSize);
    }

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
