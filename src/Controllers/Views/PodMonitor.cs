using System.Text.Json.Serialization;
using k8s;
using k8s.Models;

namespace Nemotron.Controllers.Views;

/// <summary>What Prometheus scrapes of some pods (prometheus-operator, monitoring.coreos.com/v1): the part that the operator writes and reads.</summary>
[KubernetesEntity(Group = GroupName, ApiVersion = "v1", Kind = KindName, PluralName = "podmonitors")]
public sealed class PodMonitor : IKubernetesObject<V1ObjectMeta>
{
    /// <summary>The API group.</summary>
    public const string GroupName = "monitoring.coreos.com";

    /// <summary>The kind's name.</summary>
    public const string KindName = "PodMonitor";

    /// <inheritdoc/>
    [JsonPropertyName("apiVersion")]
    public string ApiVersion { get; set; } = GroupName + "/v1";

    /// <inheritdoc/>
    [JsonPropertyName("kind")]
    public string Kind { get; set; } = KindName;

    /// <inheritdoc/>
    [JsonPropertyName("metadata")]
    public V1ObjectMeta Metadata { get; set; } = new();

    /// <summary>The wanted state. The kind has no other.</summary>
    [JsonPropertyName("spec")]
    public PodMonitorViewSpec Spec { get; set; } = new();
}

/// <summary>The wanted state of a PodMonitor.</summary>
public sealed class PodMonitorViewSpec
{
    /// <summary>The pods, in the PodMonitor's own namespace.</summary>
    [JsonPropertyName("selector")]
    public V1LabelSelector? Selector { get; set; }

    /// <summary>What each of them is asked.</summary>
    [JsonPropertyName("podMetricsEndpoints")]
    public IList<PodMetricsEndpoint>? PodMetricsEndpoints { get; set; }
}

/// <summary>A port with metrics.</summary>
public sealed class PodMetricsEndpoint
{
    /// <summary>Its name. A pod without a port of that name has no such target.</summary>
    [JsonPropertyName("port")]
    public string? Port { get; set; }

    /// <summary>The path.</summary>
    [JsonPropertyName("path")]
    public string? Path { get; set; }

    /// <summary>How often it is asked, in Prometheus' own notation: whole numbers.</summary>
    [JsonPropertyName("interval")]
    public string? Interval { get; set; }

    /// <summary>What becomes of a target's labels before it is scraped.</summary>
    [JsonPropertyName("relabelings")]
    public IList<Relabeling>? Relabelings { get; set; }
}

/// <summary>A rule over a target's labels.</summary>
public sealed class Relabeling
{
    /// <summary>The labels whose values are looked at.</summary>
    [JsonPropertyName("sourceLabels")]
    public IList<string>? SourceLabels { get; set; }

    /// <summary>What they must match.</summary>
    [JsonPropertyName("regex")]
    public string? Regex { get; set; }

    /// <summary><c>replace</c>, the default, or <c>keep</c>.</summary>
    [JsonPropertyName("action")]
    public string? Action { get; set; }

    /// <summary>The label that is written.</summary>
    [JsonPropertyName("targetLabel")]
    public string? TargetLabel { get; set; }
}
