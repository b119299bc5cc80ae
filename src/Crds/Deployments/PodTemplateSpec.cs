using k8s.Models;
using Nemotron.Crds.Attributes;

namespace Nemotron.Crds;

/// <summary>What the pods get besides what the operator sets. Only the fields below: the rest of a pod belongs to the operator.</summary>
public sealed record PodTemplateSpec
{
    /// <summary>Labels and annotations of the pods.</summary>
    public PodTemplateMetadata? Metadata { get; init; }

    /// <summary>Labels a node must have, besides those of the pool.</summary>
    [PropertyLimits(maxProperties: 32), Length(0, 63), Pattern(Patterns.LabelValue)]
    public IDictionary<string, string>? NodeSelector { get; init; }

    /// <summary>Taints the pods tolerate, besides those of the pool and nvidia.com/gpu.</summary>
    [Items(maxItems: 32)]
    public IList<V1Toleration>? Tolerations { get; init; }

    /// <summary>Where the pods may or would rather run. Merged with the operator's own placement.</summary>
    public V1Affinity? Affinity { get; init; }

    /// <summary>How the pods spread over zones and nodes.</summary>
    [Items(maxItems: 8), XListType(XListType.Map), XListMapKeys("topologyKey", "whenUnsatisfiable")]
    public IList<V1TopologySpreadConstraint>? TopologySpreadConstraints { get; init; }

    /// <summary>The PriorityClass of the pods.</summary>
    [Length(1, 253), Pattern(Patterns.DnsSubdomain)]
    public string? PriorityClassName { get; init; }

    /// <summary>The RuntimeClass of the pods, such as nvidia.</summary>
    [Length(1, 253), Pattern(Patterns.DnsSubdomain)]
    public string? RuntimeClassName { get; init; }

    /// <summary>The scheduler that binds the pods. Absent: the cluster's default.</summary>
    [Length(1, 253), Pattern(Patterns.DnsSubdomain)]
    public string? SchedulerName { get; init; }

    /// <summary>An existing ServiceAccount. Absent: one that the operator makes, without rights.</summary>
    [Length(1, 253), Pattern(Patterns.DnsSubdomain)]
    public string? ServiceAccountName { get; init; }

    /// <summary>CPU, memory and ephemeral storage of the engine's container. GPUs are the operator's: tensorParallel decides.</summary>
    [ValidationRule(
        "!has(self.requests) || self.requests.all(k, k in ['cpu', 'memory', 'ephemeral-storage'])",
        fieldPath: ".requests",
        message: "only cpu, memory and ephemeral-storage may be set: the operator sets the GPUs from tensorParallel")]
    [ValidationRule(
        "!has(self.limits) || self.limits.all(k, k in ['cpu', 'memory', 'ephemeral-storage'])",
        fieldPath: ".limits",
        message: "only cpu, memory and ephemeral-storage may be set: the operator sets the GPUs from tensorParallel")]
    public V1ResourceRequirements? Resources { get; init; }

    /// <summary>User, groups and volumes' group of the pods.</summary>
    public V1PodSecurityContext? SecurityContext { get; init; }
}

/// <summary>Labels and annotations of the pods.</summary>
public sealed record PodTemplateMetadata
{
    /// <summary>Labels, besides the operator's own. Keys under serving.nemotron.dev/ and app.kubernetes.io/ are the operator's and refused in the Accepted condition.</summary>
    [PropertyLimits(maxProperties: 64), Length(0, 63), Pattern(Patterns.LabelValue)]
    public IDictionary<string, string>? Labels { get; init; }

    /// <summary>Annotations.</summary>
    [PropertyLimits(maxProperties: 64), Length(0, 16_384)]
    public IDictionary<string, string>? Annotations { get; init; }
}
