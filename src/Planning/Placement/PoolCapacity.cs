namespace Nemotron.Planning.Placement;

/// <summary>The GPUs of a set of like nodes, counted.</summary>
/// <param name="Total">GPUs of all nodes: the usable, the unhealthy, and those of nodes that are cordoned or not ready.</param>
/// <param name="Usable">In order, on nodes that take pods.</param>
/// <param name="Allocated">Of the usable, given to pods that have not ended.</param>
/// <param name="Free">Of the usable, not given to pods.</param>
/// <param name="Unhealthy">Out of order (see <see cref="NodeState.Unhealthy"/>).</param>
/// <param name="LargestFreeGroup">The largest TP group that could start now (see <see cref="TpGroups.LargestFreeGroup"/>).</param>
public sealed record PoolCapacity(int Total, int Usable, int Allocated, int Free, int Unhealthy, int LargestFreeGroup)
{
    /// <summary>Counts <paramref name="nodes"/>.</summary>
    public static PoolCapacity Of(IReadOnlyCollection<NodeState> nodes)
    {
        var usable = nodes.Sum(node => node.Usable);
        var free = nodes.Sum(node => node.Free);
        return new PoolCapacity(
            nodes.Sum(node => Math.Max(node.Capacity, node.Allocatable)),
            usable,
            usable - free,
            free,
            nodes.Sum(node => node.Unhealthy),
            TpGroups.LargestFreeGroup(nodes));
    }
}
