namespace Nemotron.Crds.Attributes;

/// <summary>Where objects of a kind live.</summary>
public enum EntityScope
{
    /// <summary>In a namespace.</summary>
    Namespaced,

    /// <summary>In the cluster as a whole.</summary>
    Cluster,
}

/// <summary>Where objects of the kind live; namespaced without the attribute.</summary>
/// <param name="scope">The scope.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class EntityScopeAttribute(EntityScope scope = default) : Attribute
{
    /// <summary>The scope.</summary>
    public EntityScope Scope { get; } = scope;
}

/// <summary>Short names of the kind for kubectl.</summary>
/// <param name="shortNames">The names.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class KubernetesEntityShortNamesAttribute(params string[] shortNames) : Attribute
{
    /// <summary>The names.</summary>
    public IReadOnlyList<string> ShortNames { get; } = shortNames;
}

/// <summary>Groups of kinds the kind belongs to, so that <c>kubectl get CATEGORY</c> lists it.</summary>
/// <param name="categories">The categories.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class KubernetesEntityCategoriesAttribute(params string[] categories) : Attribute
{
    /// <summary>The categories.</summary>
    public IReadOnlyList<string> Categories { get; } = categories;
}

/// <summary>Marks the version in which objects of the kind are stored. Exactly one version of a kind has it.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class StorageVersionAttribute : Attribute;

/// <summary>The kind has a <c>/scale</c> subresource. Paths are JSON paths without wildcards.</summary>
/// <param name="specReplicasPath">The wanted count, under <c>.spec</c>.</param>
/// <param name="statusReplicasPath">The observed count, under <c>.status</c>.</param>
/// <param name="labelSelectorPath">The pods' label selector as text, under <c>.status</c> or <c>.spec</c>; an HPA needs it.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ScaleSubresourceAttribute(string specReplicasPath, string statusReplicasPath, string? labelSelectorPath = null) : Attribute
{
    /// <summary>The wanted count.</summary>
    public string SpecReplicasPath { get; } = specReplicasPath;

    /// <summary>The observed count.</summary>
    public string StatusReplicasPath { get; } = statusReplicasPath;

    /// <summary>The pods' label selector, or null.</summary>
    public string? LabelSelectorPath { get; } = labelSelectorPath;
}

/// <summary>When kubectl shows a column.</summary>
public enum PrinterColumnPriority
{
    /// <summary>Always.</summary>
    StandardView,

    /// <summary>With <c>-o wide</c>.</summary>
    WideView,
}

/// <summary>A column of <c>kubectl get</c>. Columns stand in the order of the attributes.</summary>
/// <param name="jsonPath">Where the value is found in the object.</param>
/// <param name="name">The heading.</param>
/// <param name="type"><c>string</c>, <c>integer</c>, <c>number</c>, <c>boolean</c> or <c>date</c> (shown as an age).</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class GenericAdditionalPrinterColumnAttribute(string jsonPath, string name, string type) : Attribute
{
    /// <summary>Where the value is found.</summary>
    public string JsonPath { get; } = jsonPath;

    /// <summary>The heading.</summary>
    public string Name { get; } = name;

    /// <summary>The OpenAPI type of the value.</summary>
    public string Type { get; } = type;

    /// <summary>What the column says.</summary>
    public string? Description { get; init; }

    /// <summary>When it is shown.</summary>
    public PrinterColumnPriority Priority { get; init; }
}
