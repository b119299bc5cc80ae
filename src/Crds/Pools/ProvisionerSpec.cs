using System.Text.Json.Serialization;
using Nemotron.Crds.Attributes;

namespace Nemotron.Crds;

/// <summary>How a pool gets nodes.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ProvisionerType>))]
public enum ProvisionerType
{
    /// <summary>It has the nodes it has.</summary>
    Static,

    /// <summary>Through a Karpenter NodePool that the operator owns.</summary>
    Karpenter,

    /// <summary>Through the replicas of any object with a scale subresource.</summary>
    Scale,
}

/// <summary>How the pool gets and gives back nodes.</summary>
[ValidationRule(
    "(self.type == 'Karpenter') == has(self.karpenter)",
    fieldPath: ".karpenter",
    message: "must be set with type Karpenter, and only then")]
[ValidationRule(
    "(self.type == 'Scale') == has(self.scale)",
    fieldPath: ".scale",
    message: "must be set with type Scale, and only then")]
public sealed record ProvisionerSpec
{
    /// <summary>Static: the nodes that carry the labels, no more. Karpenter: through a NodePool (karpenter.sh/v1) that the operator owns. Scale: through the replicas of an object with a scale subresource, such as a Cluster API MachineDeployment. Cannot be changed.</summary>
    [DefaultValue(ProvisionerType.Static)]
    [ValidationRule("self == oldSelf", message: "cannot be changed, since the nodes that were made would have no owner: make a new GpuNodePool")]
    public ProvisionerType? Type { get; init; }

    /// <summary>With type Karpenter.</summary>
    public KarpenterProvisioner? Karpenter { get; init; }

    /// <summary>With type Scale.</summary>
    public ScaleProvisioner? Scale { get; init; }
}

/// <summary>The Karpenter NodePool of a pool.</summary>
public sealed record KarpenterProvisioner
{
    /// <summary>The node class of the cloud provider.</summary>
    public required NodeClassReference NodeClassRef { get; init; }

    /// <summary>What the nodes must be like, such as instance types and zones.</summary>
    [Items(maxItems: 32)]
    public IReadOnlyList<NodeRequirement>? Requirements { get; init; }

    /// <summary>Which NodePool Karpenter tries first: the higher number.</summary>
    [RangeMinimum(1), RangeMaximum(100)]
    public int? Weight { get; init; }

    /// <summary>Age at which a node is replaced, such as 720h. Absent: never.</summary>
    [ValidationRule("self >= duration('1h')", message: "must be at least 1h")]
    public Duration? ExpireAfter { get; init; }
}

/// <summary>A Karpenter node class.</summary>
public sealed record NodeClassReference
{
    /// <summary>Its API group, such as karpenter.k8s.aws. Cannot be changed.</summary>
    [Length(1, 253), Pattern(Patterns.DnsSubdomain)]
    [ValidationRule("self == oldSelf", message: "cannot be changed, as Karpenter has it: make a new GpuNodePool")]
    public required string Group { get; init; }

    /// <summary>Its kind, such as EC2NodeClass. Cannot be changed.</summary>
    [Length(1, 63), Pattern("^[A-Z][A-Za-z0-9]*$")]
    [ValidationRule("self == oldSelf", message: "cannot be changed, as Karpenter has it: make a new GpuNodePool")]
    public required string Kind { get; init; }

    /// <summary>Its name.</summary>
    [Length(1, 253), Pattern(Patterns.DnsSubdomain)]
    public required string Name { get; init; }
}

/// <summary>How a requirement compares.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RequirementOperator>))]
public enum RequirementOperator
{
    /// <summary>One of the values.</summary>
    In,

    /// <summary>None of the values.</summary>
    NotIn,

    /// <summary>The label is there.</summary>
    Exists,

    /// <summary>The label is not there.</summary>
    DoesNotExist,

    /// <summary>Above the one value, as integers.</summary>
    Gt,

    /// <summary>Below the one value, as integers.</summary>
    Lt,
}

/// <summary>What a node's label must be like.</summary>
[ValidationRule(
    "self.operator in ['Exists', 'DoesNotExist'] ? !has(self.values) || self.values.size() == 0 : has(self.values) && self.values.size() > 0",
    fieldPath: ".values",
    message: "must be empty with Exists and DoesNotExist, and not empty with the others")]
[ValidationRule(
    "!(self.operator in ['Gt', 'Lt']) || (has(self.values) && self.values.size() == 1)",
    fieldPath: ".values",
    message: "must be one integer with Gt and Lt")]
public sealed record NodeRequirement
{
    /// <summary>The label, such as node.kubernetes.io/instance-type.</summary>
    [Length(1, 317), Pattern(Patterns.QualifiedName)]
    public required string Key { get; init; }

    /// <summary>How its value compares.</summary>
    public required RequirementOperator Operator { get; init; }

    /// <summary>What it is compared with.</summary>
    [Items(maxItems: 64), Length(0, 63), Pattern(Patterns.LabelValue)]
    public IReadOnlyList<string>? Values { get; init; }
}

/// <summary>An object whose replicas are nodes.</summary>
public sealed record ScaleProvisioner
{
    /// <summary>The object. It must have a scale subresource, and the operator the right to patch it.</summary>
    public required ScaleTargetReference TargetRef { get; init; }

    /// <summary>How long a node must have been empty before it is given back.</summary>
    [DefaultValue("10m")]
    public Duration? ScaleDownDelay { get; init; }
}

/// <summary>An object with a scale subresource.</summary>
public sealed record ScaleTargetReference
{
    /// <summary>Its API group and version, such as cluster.x-k8s.io/v1beta1.</summary>
    [Length(1, 317), Pattern(@"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?v[0-9]+((alpha|beta)[0-9]+)?$")]
    public required string ApiVersion { get; init; }

    /// <summary>Its kind, such as MachineDeployment. Cannot be changed.</summary>
    [Length(1, 63), Pattern("^[A-Z][A-Za-z0-9]*$")]
    [ValidationRule("self == oldSelf", message: "cannot be changed, since the old object would keep its nodes: make a new GpuNodePool")]
    public required string Kind { get; init; }

    /// <summary>Its name. Cannot be changed.</summary>
    [Length(1, 253), Pattern(Patterns.DnsSubdomain)]
    [ValidationRule("self == oldSelf", message: "cannot be changed, since the old object would keep its nodes: make a new GpuNodePool")]
    public required string Name { get; init; }

    /// <summary>Its namespace. Absent: the object is cluster-wide. Cannot be changed.</summary>
    [Length(1, 63), Pattern(Patterns.DnsLabel)]
    [ValidationRule("self == oldSelf", message: "cannot be changed, since the old object would keep its nodes: make a new GpuNodePool")]
    public string? Namespace { get; init; }
}
