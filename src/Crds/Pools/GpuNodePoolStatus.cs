using k8s.Models;
using Nemotron.Crds.Attributes;

namespace Nemotron.Crds;

/// <summary>What was observed of a GpuNodePool.</summary>
public sealed record GpuNodePoolStatus
{
    /// <summary>The generation of the spec that the status is about.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>The state in answers to questions: Accepted, Ready, Healthy, CapacityAvailable and others.</summary>
    [Items(maxItems: 32), XListType(XListType.Map), XListMapKeys("type")]
    public IList<V1Condition>? Conditions { get; init; }

    /// <summary>The GPU as the nodes' labels have it.</summary>
    public ObservedGpu? Gpu { get; init; }

    /// <summary>GPUs, counted.</summary>
    public PoolGpuCounts? Gpus { get; init; }

    /// <summary>Nodes, counted by state; each node is in one state only.</summary>
    public PoolNodeCounts? Nodes { get; init; }

    /// <summary>Nodes that the provisioner was asked for. Absent for a Static pool.</summary>
    [RangeMinimum(0)]
    public int? DesiredNodes { get; init; }

    /// <summary>GPUs of the largest replica that fits on one node now: 0, 1, 2, 4, 8 or 16.</summary>
    [RangeMinimum(0)]
    public int? LargestFreeGroup { get; init; }

    /// <summary>Replicas that wait for GPUs of the pool.</summary>
    [RangeMinimum(0)]
    public int? GroupsWaiting { get; init; }

    /// <summary>Nodes that are out of order, by name.</summary>
    [Items(maxItems: 64), XListType(XListType.Map), XListMapKeys("name")]
    public IReadOnlyList<UnhealthyNode>? UnhealthyNodes { get; init; }

    /// <summary>What consolidation would do, or is doing.</summary>
    [Items(maxItems: 32)]
    public IReadOnlyList<PlannedMove>? PlannedMoves { get; init; }
}

/// <summary>The GPU of the nodes.</summary>
public sealed record ObservedGpu
{
    /// <summary>The value of nvidia.com/gpu.product.</summary>
    [Length(0, 63)]
    public string? Product { get; init; }

    /// <summary>Memory of one GPU, in MiB, as nvidia.com/gpu.memory has it; the smallest of the pool.</summary>
    public long? MemoryMiB { get; init; }

    /// <summary>GPUs of one node; the fewest of the pool.</summary>
    public int? PerNode { get; init; }
}

/// <summary>GPUs of a pool. total = usable + unhealthy + those of nodes that are cordoned or not ready; usable = allocated + free.</summary>
public sealed record PoolGpuCounts
{
    /// <summary>Of all nodes.</summary>
    [RangeMinimum(0)]
    public int? Total { get; init; }

    /// <summary>In order, on nodes that take pods.</summary>
    [RangeMinimum(0)]
    public int? Usable { get; init; }

    /// <summary>Of the usable, given to pods.</summary>
    [RangeMinimum(0)]
    public int? Allocated { get; init; }

    /// <summary>Of the usable, not given to pods.</summary>
    [RangeMinimum(0)]
    public int? Free { get; init; }

    /// <summary>Out of order.</summary>
    [RangeMinimum(0)]
    public int? Unhealthy { get; init; }
}

/// <summary>Nodes of a pool, by state.</summary>
public sealed record PoolNodeCounts
{
    /// <summary>All.</summary>
    [RangeMinimum(0)]
    public int? Total { get; init; }

    /// <summary>Take pods.</summary>
    [RangeMinimum(0)]
    public int? Ready { get; init; }

    /// <summary>Asked for or joining, without their GPUs yet.</summary>
    [RangeMinimum(0)]
    public int? Starting { get; init; }

    /// <summary>Cordoned.</summary>
    [RangeMinimum(0)]
    public int? Cordoned { get; init; }

    /// <summary>Not ready, or with GPUs out of order.</summary>
    [RangeMinimum(0)]
    public int? Unhealthy { get; init; }
}

/// <summary>A node that is out of order.</summary>
public sealed record UnhealthyNode
{
    /// <summary>The node.</summary>
    [Length(1, 253)]
    public required string Name { get; init; }

    /// <summary>What is wrong, in one word, such as NodeNotReady, GpusMissing or Xid79.</summary>
    [Length(0, 128)]
    public string? Reason { get; init; }

    /// <summary>What is wrong, in a sentence.</summary>
    [Length(0, 512)]
    public string? Message { get; init; }

    /// <summary>Since when.</summary>
    public DateTime? Since { get; init; }
}

/// <summary>A replica to be moved.</summary>
public sealed record PlannedMove
{
    /// <summary>The namespace of the NemotronDeployment.</summary>
    [Length(0, 63)]
    public string? Namespace { get; init; }

    /// <summary>The pod to be moved.</summary>
    [Length(0, 253)]
    public string? Pod { get; init; }

    /// <summary>The node it leaves.</summary>
    [Length(0, 253)]
    public string? From { get; init; }

    /// <summary>The node it goes to.</summary>
    [Length(0, 253)]
    public string? To { get; init; }
}
