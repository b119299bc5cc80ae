using System.Text.Json.Serialization;
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

    /// <summary>The replicas that consolidation would move, or has still to move.</summary>
    [Items(maxItems: 32)]
    public IReadOnlyList<PlannedMove>? PlannedMoves { get; init; }

    /// <summary>How moving them goes. Absent where spec.consolidation asks for no plan.</summary>
    public ConsolidationStatus? Consolidation { get; init; }
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

/// <summary>How moving replicas goes: what the operator itself goes on from, also after a restart.</summary>
public sealed record ConsolidationStatus
{
    /// <summary>Since when plannedMoves has been as it is, or has only become shorter.</summary>
    public DateTime? PlannedSince { get; init; }

    /// <summary>The node that is being emptied.</summary>
    [Length(0, 253)]
    public string? Emptying { get; init; }

    /// <summary>The move that is on its way; there is never more than one.</summary>
    public ActiveMove? Move { get; init; }

    /// <summary>Moves that were given up since the last one that came to its end.</summary>
    [RangeMinimum(0)]
    public int? GivenUp { get; init; }

    /// <summary>Why the last of them was given up.</summary>
    [Length(0, 1024)]
    public string? GivenUpFor { get; init; }

    /// <summary>No move begins before.</summary>
    public DateTime? RetryAfter { get; init; }
}

/// <summary>How far a move has come.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MovePhase>))]
public enum MovePhase
{
    /// <summary>The node that is to be emptied, and those that are empty, are closed to new pods.</summary>
    Closing,

    /// <summary>One replica more than wanted is kept, until the replacement serves.</summary>
    Surging,

    /// <summary>The replica finishes what it has in flight and goes.</summary>
    Leaving,

    /// <summary>The move was given up; the replacement goes again.</summary>
    Undoing,
}

/// <summary>A move that is on its way.</summary>
public sealed record ActiveMove
{
    /// <summary>The namespace of the NemotronDeployment.</summary>
    [Length(1, 63)]
    public required string Namespace { get; init; }

    /// <summary>The NemotronDeployment.</summary>
    [Length(1, 253)]
    public required string Deployment { get; init; }

    /// <summary>The pod that moves.</summary>
    [Length(1, 253)]
    public required string Pod { get; init; }

    /// <summary>The node it leaves.</summary>
    [Length(1, 253)]
    public required string From { get; init; }

    /// <summary>The node its replacement is on, or is planned for while the scheduler has not chosen.</summary>
    [Length(0, 253)]
    public string? To { get; init; }

    /// <summary>The pod that takes its place, once it is there.</summary>
    [Length(0, 253)]
    public string? Replacement { get; init; }

    /// <summary>Pods of the NemotronDeployment when the move began.</summary>
    [RangeMinimum(0)]
    public required int Pods { get; init; }

    /// <summary>How far it has come.</summary>
    public required MovePhase Phase { get; init; }

    /// <summary>Since when it is that far.</summary>
    public required DateTime Since { get; init; }
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
