using k8s.Models;
using Nemotron.Crds.Attributes;

namespace Nemotron.Crds;

/// <summary>Which nodes belong to the pool, and what is done with them.</summary>
[ValidationRule(
    "!has(self.minNodes) || !has(self.maxNodes) || self.minNodes <= self.maxNodes",
    fieldPath: ".minNodes",
    message: "must not be above maxNodes")]
[ValidationRule(
    "self.provisioner.type == 'Static' || has(self.maxNodes)",
    fieldPath: ".maxNodes",
    reason: "FieldValueRequired",
    message: "must be set where the pool can grow")]
[ValidationRule(
    "self.provisioner.type == 'Static' || has(self.gpu)",
    fieldPath: ".gpu",
    reason: "FieldValueRequired",
    message: "must say what a node has where the pool can grow, since there may be no node to look at")]
public sealed record GpuNodePoolSpec
{
    /// <summary>Labels that a node of the pool has, all of them. A node that matches several pools belongs to the oldest, and both say so.</summary>
    [Required, PropertyLimits(1, 32), Length(0, 63), Pattern(Patterns.LabelValue)]
    public IDictionary<string, string>? NodeSelector { get; init; }

    /// <summary>What one node has. Absent: what the nodes' own labels say. Where both are known and differ, the node's labels count and the pool says so.</summary>
    public NodeGpuSpec? Gpu { get; init; }

    /// <summary>How the pool gets and gives back nodes.</summary>
    [DefaultValue("{}")]
    public ProvisionerSpec? Provisioner { get; init; }

    /// <summary>Fewest nodes, kept even when idle. A Static pool with fewer says so.</summary>
    [DefaultValue(0), RangeMinimum(0), RangeMaximum(10_000)]
    public int? MinNodes { get; init; }

    /// <summary>Most nodes. Further nodes of a Static pool are not used.</summary>
    [RangeMinimum(0), RangeMaximum(10_000)]
    public int? MaxNodes { get; init; }

    /// <summary>Labels that the operator sets on the nodes.</summary>
    [PropertyLimits(maxProperties: 32), Length(0, 63), Pattern(Patterns.LabelValue)]
    public IDictionary<string, string>? Labels { get; init; }

    /// <summary>Taints that the operator sets on the nodes; its own pods tolerate them.</summary>
    [Items(maxItems: 16), XListType(XListType.Map), XListMapKeys("key", "effect")]
    public IList<V1Taint>? Taints { get; init; }

    /// <summary>A directory on the disk of each node, in which weights are kept. Absent: deployments of the pool cannot ask for it.</summary>
    public WeightCacheSpec? WeightCache { get; init; }

    /// <summary>How many nodes may be out of service at once by the operator's own doing: repair, consolidation, maintenance. The strictest that applies counts.</summary>
    [DefaultValue("[{\"nodes\":1}]"), Items(maxItems: 16)]
    public IReadOnlyList<DisruptionBudget>? Budgets { get; init; }

    /// <summary>What is done about sick GPUs and nodes.</summary>
    [DefaultValue("{}")]
    public HealthPolicy? Health { get; init; }

    /// <summary>Whether replicas are moved so that whole nodes become free.</summary>
    [DefaultValue("{}")]
    public ConsolidationPolicy? Consolidation { get; init; }
}

/// <summary>Where the nodes of a pool keep weights.</summary>
public sealed record WeightCacheSpec
{
    /// <summary>An absolute path on the node, on a disk with room for the weights of all models that the pool serves; made where it is not there. Pods get it mounted, so take a directory that is used for nothing else.</summary>
    [Length(2, 1024), Pattern(Patterns.AbsolutePath)]
    public required string HostPath { get; init; }

    /// <summary>Nodes that download ahead of their replicas at once, over all deployments of the pool. 0: weights are downloaded by the first replica of a node only.</summary>
    [DefaultValue(2), RangeMinimum(0), RangeMaximum(1000)]
    public int? ParallelLoads { get; init; }
}

/// <summary>What one node has.</summary>
public sealed record NodeGpuSpec
{
    /// <summary>The GPU, by the value of its nvidia.com/gpu.product label (NVIDIA-H100-80GB-HBM3) or its catalogue name (H100-SXM).</summary>
    [Length(1, 63), Pattern("^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$")]
    public required string Product { get; init; }

    /// <summary>GPUs of one node.</summary>
    [RangeMinimum(1), RangeMaximum(64)]
    public required int PerNode { get; init; }

    /// <summary>Memory of one GPU. Absent: from the catalogue.</summary>
    public ResourceQuantity? Memory { get; init; }
}
