using System.Text.Json.Serialization;
using k8s;
using k8s.Models;
using Nemotron.Crds.Attributes;

namespace Nemotron.Crds;

/// <summary>What every resource of the group has: type, metadata, a wanted state and an observed state.</summary>
/// <typeparam name="TSpec">The wanted state.</typeparam>
/// <typeparam name="TStatus">The observed state.</typeparam>
public abstract class NemotronResource<TSpec, TStatus> : IKubernetesObject<V1ObjectMeta>, ISpec<TSpec>, IStatus<TStatus?>
    where TSpec : class, new()
    where TStatus : class
{
    /// <summary>Sets the type fields.</summary>
    /// <param name="kind">The kind's name.</param>
    private protected NemotronResource(string kind) => Kind = kind;

    /// <inheritdoc/>
    [JsonPropertyOrder(-5)]
    public string ApiVersion { get; set; } = NemotronApi.GroupVersion;

    /// <inheritdoc/>
    [JsonPropertyOrder(-4)]
    public string Kind { get; set; }

    /// <inheritdoc/>
    [JsonPropertyOrder(-3)]
    public V1ObjectMeta Metadata { get; set; } = new();

    /// <summary>What is wanted.</summary>
    [JsonPropertyOrder(-2), Required]
    public TSpec Spec { get; set; } = new();

    /// <summary>What was observed last; written by the operator through <c>/status</c>, absent until the first reconcile.</summary>
    [JsonPropertyOrder(-1)]
    public TStatus? Status { get; set; }
}

/// <summary>A page of resources as the API server lists them.</summary>
/// <typeparam name="T">The resource.</typeparam>
public abstract class NemotronResourceList<T> : IKubernetesObject<V1ListMeta>, IItems<T>
{
    /// <summary>Sets the type fields.</summary>
    /// <param name="kind">The list kind's name.</param>
    private protected NemotronResourceList(string kind) => Kind = kind;

    /// <inheritdoc/>
    public string ApiVersion { get; set; } = NemotronApi.GroupVersion;

    /// <inheritdoc/>
    public string Kind { get; set; }

    /// <inheritdoc/>
    public V1ListMeta Metadata { get; set; } = new();

    /// <inheritdoc/>
    public IList<T> Items { get; set; } = [];
}
