namespace Nemotron.Planning.Placement;

/// <summary>The GPUs of a set of like nodes, counted.</summary>
/// <param name="Total">GPUs that the nodes have, sick ones and those of unready nodes included.</param>
/// <param name="Usable">GPUs that can carry work: offered by the device plugin of a ready node that is neither shared nor sliced.</param>
/// <param name="Allocated">GPUs requested by pods that have not ended.</param>
/// <param name="Free">Usable GPUs that a new pod could take now; those of cordoned nodes are not among them.</param>
/// <param name="Unhealthy">Total less usable.</param>
/// <param name="LargestFreeGroup">The largest TP group that could start now (see <see cref="TpGroups.LargestFreeGroup"/>).</param>
public sealed record PoolCapacity(int Total, int Usable, int Allocated, int Free, int Unhealthy, int LargestFreeGroup)
{
    /// <summary>Counts <paramref name="nodes"/>.</summary>
    public static PoolCapacity Of(IReadOnlyCollection<GpuNode> nodes)
    {
        var total = nodes.Sum(node => Math.Max(node.Capacity, node.Allocatable));
        var usable = nodes.Sum(node => node.Usable);
        return new PoolCapacity(
            total,
            usable,
            nodes.Sum(node => node.Allocated),
            nodes.Sum(node => node.Free),
            total - usable,
            TpGroups.LargestFreeGroup(nodes));
    }
}
