using k8s.Models;
using Nemotron.Crds.Attributes;

namespace Nemotron.Crds;

/// <summary>Which deployments share which GPUs, by which rules.</summary>
public sealed record NemotronFleetSpec
{
    /// <summary>The NemotronDeployments of the fleet, by their labels; empty for all. A deployment that several fleets select belongs to the oldest, and all say so.</summary>
    [Required]
    public V1LabelSelector? Selector { get; init; }

    /// <summary>The namespaces they are in, by their labels. Absent: all.</summary>
    public V1LabelSelector? NamespaceSelector { get; init; }

    /// <summary>GPUs that the fleet may use, by pool. Of a pool that is not listed, none.</summary>
    [Required, Items(1, 64), XListType(XListType.Map), XListMapKeys("nodePool")]
    public IReadOnlyList<PoolBudget>? Budgets { get; init; }

    /// <summary>Floors, ceilings, weights and priorities. The first member whose selector matches a deployment counts; one that no member matches has floor 0, weight 1 and its own spec.priority.</summary>
    [Items(maxItems: 128), XListType(XListType.Map), XListMapKeys("name")]
    public IReadOnlyList<FleetMember>? Members { get; init; }

    /// <summary>GPUs that the deployments of one namespace may have.</summary>
    [Items(maxItems: 256), XListType(XListType.Map), XListMapKeys("namespace")]
    public IReadOnlyList<NamespaceQuota>? NamespaceQuotas { get; init; }

    /// <summary>Whether clients of a tier that has no replica are served by a smaller one. Absent: no.</summary>
    public TierFallbackSpec? TierFallback { get; init; }

    /// <summary>How long GPUs stay where they were given before another deployment of the same priority may have them.</summary>
    [DefaultValue("10m")]
    public Duration? MinimumHold { get; init; }
}

/// <summary>GPUs of one pool that the fleet may use.</summary>
public sealed record PoolBudget
{
    /// <summary>The GpuNodePool.</summary>
    [Length(1, 63), Pattern(Patterns.DnsLabel)]
    public required string NodePool { get; init; }

    /// <summary>Its GPUs that the fleet may use. Absent: all of them.</summary>
    [RangeMinimum(0), RangeMaximum(1_000_000)]
    public int? Gpus { get; init; }
}

/// <summary>The rules for some deployments of the fleet.</summary>
[ValidationRule(
    "!has(self.ceilingReplicas) || self.floorReplicas <= self.ceilingReplicas",
    fieldPath: ".floorReplicas",
    message: "must not be above ceilingReplicas")]
public sealed record FleetMember
{
    /// <summary>A name for the rules, shown where they decide.</summary>
    [Length(1, 63), Pattern(Patterns.DnsLabel)]
    public required string Name { get; init; }

    /// <summary>The deployments, by their labels, among those of the fleet.</summary>
    public required V1LabelSelector Selector { get; init; }

    /// <summary>Replicas that each of them keeps, whatever others want.</summary>
    [DefaultValue(0), RangeMinimum(0), RangeMaximum(10_000)]
    public int? FloorReplicas { get; init; }

    /// <summary>Most replicas of each of them. Absent: no limit but their own.</summary>
    [RangeMinimum(0), RangeMaximum(10_000)]
    public int? CeilingReplicas { get; init; }

    /// <summary>Share among deployments of the same priority: twice the weight, twice the GPUs.</summary>
    [DefaultValue(1), RangeMinimum(1), RangeMaximum(1000)]
    public int? Weight { get; init; }

    /// <summary>Who gets GPUs first: the higher number. Absent: the deployment's own spec.priority.</summary>
    [RangeMinimum(-1000), RangeMaximum(1000)]
    public int? Priority { get; init; }
}

/// <summary>GPUs that the deployments of one namespace may have.</summary>
public sealed record NamespaceQuota
{
    /// <summary>The namespace.</summary>
    [Length(1, 63), Pattern(Patterns.DnsLabel)]
    public required string Namespace { get; init; }

    /// <summary>Its GPUs, over all pools of the fleet.</summary>
    [RangeMinimum(0), RangeMaximum(1_000_000)]
    public required int Gpus { get; init; }
}

/// <summary>Clients of a tier that has no replica are served by a smaller one: Ultra by Super, Super by Nano, of the same namespace. Status, an event, a metric and the model that answers name say so.</summary>
public sealed record TierFallbackSpec
{
    /// <summary>Whether it is done.</summary>
    [DefaultValue(false)]
    public bool? Enabled { get; init; }

    /// <summary>How long the tier must have been without a ready replica.</summary>
    [DefaultValue("2m")]
    public Duration? After { get; init; }

    /// <summary>How long it must have been back before clients return.</summary>
    [DefaultValue("2m")]
    public Duration? BackAfter { get; init; }

    /// <summary>The smallest tier that may stand in.</summary>
    [DefaultValue(ModelTier.Nano)]
    public ModelTier? Lowest { get; init; }
}
