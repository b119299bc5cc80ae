using System.Text.Json.Serialization;
using k8s;
using k8s.Models;

namespace Nemotron.Controllers.Views;

/// <summary>An autoscaler of others: what it scales is all that is looked at.</summary>
internal interface IScalerView : IKubernetesObject<V1ObjectMeta>
{
    /// <summary>The wanted state.</summary>
    ScalerViewSpec? Spec { get; }
}

/// <summary>A HorizontalPodAutoscaler, of which only its target is read and kept.</summary>
[KubernetesEntity(Group = "autoscaling", ApiVersion = "v2", Kind = KindName, PluralName = "horizontalpodautoscalers")]
internal sealed class HorizontalPodAutoscalerView : IScalerView
{
    /// <summary>The kind's name.</summary>
    public const string KindName = "HorizontalPodAutoscaler";

    /// <inheritdoc/>
    [JsonPropertyName("apiVersion")]
    public string ApiVersion { get; set; } = "autoscaling/v2";

    /// <inheritdoc/>
    [JsonPropertyName("kind")]
    public string Kind { get; set; } = KindName;

    /// <inheritdoc/>
    [JsonPropertyName("metadata")]
    public V1ObjectMeta Metadata { get; set; } = new();

    /// <inheritdoc/>
    [JsonPropertyName("spec")]
    public ScalerViewSpec? Spec { get; set; }
}

/// <summary>A ScaledObject of KEDA, of which only its target is read and kept.</summary>
[KubernetesEntity(Group = "keda.sh", ApiVersion = "v1alpha1", Kind = KindName, PluralName = "scaledobjects")]
internal sealed class ScaledObjectView : IScalerView
{
    /// <summary>The kind's name.</summary>
    public const string KindName = "ScaledObject";

    /// <inheritdoc/>
    [JsonPropertyName("apiVersion")]
    public string ApiVersion { get; set; } = "keda.sh/v1alpha1";

    /// <inheritdoc/>
    [JsonPropertyName("kind")]
    public string Kind { get; set; } = KindName;

    /// <inheritdoc/>
    [JsonPropertyName("metadata")]
    public V1ObjectMeta Metadata { get; set; } = new();

    /// <inheritdoc/>
    [JsonPropertyName("spec")]
    public ScalerViewSpec? Spec { get; set; }
}

/// <summary>The part of an autoscaler's spec that is looked at.</summary>
internal sealed class ScalerViewSpec
{
    /// <summary>What it scales.</summary>
    [JsonPropertyName("scaleTargetRef")]
    public ScaleTargetView? ScaleTargetRef { get; set; }
}

/// <summary>What an autoscaler scales, in its own namespace.</summary>
/// <param name="ApiVersion">Group and version; a ScaledObject may leave it out.</param>
/// <param name="Kind">The kind; a ScaledObject that leaves it out means a Deployment.</param>
/// <param name="Name">The name.</param>
internal sealed record ScaleTargetView(
    [property: JsonPropertyName("apiVersion")] string? ApiVersion,
    [property: JsonPropertyName("kind")] string? Kind,
    [property: JsonPropertyName("name")] string? Name);
