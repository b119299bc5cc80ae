using k8s.Models;
using Nemotron.Crds.Attributes;

namespace Nemotron.Crds;

/// <summary>What was observed of a NemotronFleet.</summary>
public sealed record NemotronFleetStatus
{
    /// <summary>The generation of the spec that the status is about.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>The state in answers to questions: Accepted, Ready, CapacityAvailable and others.</summary>
    [Items(maxItems: 32), XListType(XListType.Map), XListMapKeys("type")]
    public IList<V1Condition>? Conditions { get; init; }

    /// <summary>NemotronDeployments of the fleet.</summary>
    [RangeMinimum(0)]
    public int? Deployments { get; init; }

    /// <summary>GPUs over all pools.</summary>
    public FleetGpuCounts? Gpus { get; init; }

    /// <summary>GPUs by pool.</summary>
    [Items(maxItems: 64), XListType(XListType.Map), XListMapKeys("nodePool")]
    public IReadOnlyList<FleetPoolStatus>? Pools { get; init; }

    /// <summary>Deployments that have fewer replicas than they want, those of the highest priority first; at most 256.</summary>
    [Items(maxItems: 256), XListType(XListType.Map), XListMapKeys("namespace", "name")]
    public IReadOnlyList<ShortDeployment>? Short { get; init; }

    /// <summary>Deployments whose clients another tier serves now.</summary>
    [Items(maxItems: 256), XListType(XListType.Map), XListMapKeys("namespace", "name")]
    public IReadOnlyList<FallbackStatus>? Fallbacks { get; init; }
}

/// <summary>GPUs of a fleet.</summary>
public sealed record FleetGpuCounts
{
    /// <summary>That the fleet may use.</summary>
    [RangeMinimum(0)]
    public int? Budget { get; init; }

    /// <summary>Given to replicas.</summary>
    [RangeMinimum(0)]
    public int? Allocated { get; init; }

    /// <summary>That all deployments want.</summary>
    [RangeMinimum(0)]
    public int? Wanted { get; init; }
}

/// <summary>GPUs of a fleet in one pool.</summary>
public sealed record FleetPoolStatus
{
    /// <summary>The GpuNodePool.</summary>
    [Length(1, 253)]
    public required string NodePool { get; init; }

    /// <summary>That the fleet may use.</summary>
    [RangeMinimum(0)]
    public int? Budget { get; init; }

    /// <summary>Given to replicas.</summary>
    [RangeMinimum(0)]
    public int? Allocated { get; init; }

    /// <summary>That the deployments in the pool want.</summary>
    [RangeMinimum(0)]
    public int? Wanted { get; init; }
}

/// <summary>A deployment that has fewer replicas than it wants.</summary>
public sealed record ShortDeployment
{
    /// <summary>Its namespace.</summary>
    [Length(1, 63)]
    public required string Namespace { get; init; }

    /// <summary>Its name.</summary>
    [Length(1, 253)]
    public required string Name { get; init; }

    /// <summary>Replicas that it wants.</summary>
    [RangeMinimum(0)]
    public int? Wanted { get; init; }

    /// <summary>Replicas that it was given.</summary>
    [RangeMinimum(0)]
    public int? Granted { get; init; }

    /// <summary>Why, in one word, such as BudgetSpent, QuotaSpent, LowerPriority or Fragmented.</summary>
    [Length(0, 128)]
    public string? Reason { get; init; }
}

/// <summary>A deployment whose clients another tier serves.</summary>
public sealed record FallbackStatus
{
    /// <summary>Its namespace.</summary>
    [Length(1, 63)]
    public required string Namespace { get; init; }

    /// <summary>Its name.</summary>
    [Length(1, 253)]
    public required string Name { get; init; }

    /// <summary>The deployment in the same namespace that serves its clients.</summary>
    [Length(0, 253)]
    public string? ServedBy { get; init; }

    /// <summary>Since when.</summary>
    public DateTime? Since { get; init; }
}
