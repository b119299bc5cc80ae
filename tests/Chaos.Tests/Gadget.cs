using System.Text.Json.Serialization;
using k8s;
using k8s.Models;

namespace Nemotron.Chaos.Tests;

/// <summary>A custom resource with two children and something outside the cluster.</summary>
[KubernetesEntity(Group = "chaos.example.com", ApiVersion = "v1", Kind = "Gadget", PluralName = "gadgets")]
public sealed class Gadget : IKubernetesObject<V1ObjectMeta>
{
    [JsonPropertyName("apiVersion")]
    public string ApiVersion { get; set; } = "chaos.example.com/v1";

    [JsonPropertyName("kind")]
    public string Kind { get; set; } = "Gadget";

    [JsonPropertyName("metadata")]
    public V1ObjectMeta Metadata { get; set; } = new();

    [JsonPropertyName("spec")]
    public GadgetSpec? Spec { get; set; }

    [JsonPropertyName("status")]
    public GadgetStatus? Status { get; set; }
}

public sealed class GadgetSpec
{
    [JsonPropertyName("size")]
    public int? Size { get; set; }
}

public sealed class GadgetStatus
{
    [JsonPropertyName("observedGeneration")]
    public long? ObservedGeneration { get; set; }

    [JsonPropertyName("phase")]
    public string? Phase { get; set; }
}
