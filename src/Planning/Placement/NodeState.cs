namespace Nemotron.Planning.Placement;

/// <summary>What makes a node unfit for whole TP groups.</summary>
public enum NodeFault
{
    /// <summary>Nothing: its free GPUs can be used.</summary>
    None,

    /// <summary>The node reports that it is not ready, or has stopped reporting.</summary>
    NotReady,

    /// <summary>An administrator (or the operator, for repair) has closed the node to new pods.</summary>
    Cordoned,

    /// <summary>The node has GPUs by its labels but the device plugin offers none.</summary>
    NoGpusOffered,

    /// <summary>Its GPUs are time-sliced or shared by MPS: a TP rank needs a GPU of its own.</summary>
    Shared,

    /// <summary>Its GPUs are cut into MIG slices: NCCL does not span them.</summary>
    Mig,
}

/// <summary>A node as placement sees it.</summary>
/// <param name="Name">The node's name.</param>
/// <param name="Product">The <c>nvidia.com/gpu.product</c> label, or null when there is none.</param>
/// <param name="GpuMemoryMebibytes">Memory of one GPU in MiB by the <c>nvidia.com/gpu.memory</c> label, or null when there is none.</param>
/// <param name="Capacity">GPUs the node says it has.</param>
/// <param name="Allocatable">GPUs the device plugin offers; below <paramref name="Capacity"/> when some are sick.</param>
/// <param name="Allocated">GPUs requested by pods bound to the node that have not ended.</param>
/// <param name="Fault">Why the node takes no new group, or <see cref="NodeFault.None"/>.</param>
public sealed record NodeState(
    string Name,
    string? Product,
    int? GpuMemoryMebibytes,
    int Capacity,
    int Allocatable,
    int Allocated,
    NodeFault Fault)
{
    /// <summary>The NVLink domain that the node is a part of, by the <c>nvidia.com/gpu.clique</c> label; null for a node on its own.</summary>
    public string? Clique { get; init; }

    /// <summary>The zone, by the <c>topology.kubernetes.io/zone</c> label; null where nodes have none.</summary>
    public string? Zone { get; init; }

    /// <summary>When it was made; null where that is not known.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>How long after it was made a machine may be without its GPUs: later it will not get them.</summary>
    public static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(15);

    /// <summary>Whether the node may still be starting.</summary>
    /// <param name="now">The time.</param>
    public bool IsYoung(DateTimeOffset now) => now - Created < StartLimit;

    /// <summary>GPUs that a new pod could take now.</summary>
    public int Free => Fault == NodeFault.None ? Math.Max(0, Allocatable - Allocated) : 0;

    /// <summary>GPUs in order on a node that takes pods, given to pods or not.</summary>
    public int Usable => Fault == NodeFault.None ? Allocatable : 0;

    /// <summary>GPUs out of order: those the device plugin holds back, or all of a node whose GPUs cannot carry whole TP ranks.</summary>
    public int Unhealthy => Fault switch
    {
        NodeFault.Shared or NodeFault.Mig => Math.Max(Capacity, Allocatable),
        NodeFault.NotReady or NodeFault.Cordoned => 0,
        _ => Math.Max(0, Capacity - Allocatable),
    };
}
