using System.Text.Json.Serialization;
using k8s;
using k8s.Models;
using Nemotron.Crds.Attributes;
using Nemotron.Planning.Placement;

namespace Nemotron.Controllers.Views;

/// <summary>A Node, of which only what placement needs is read and kept.</summary>
[KubernetesEntity(Group = "", ApiVersion = "v1", Kind = "Node", PluralName = "nodes")]
[EntityScope(EntityScope.Cluster)]
public sealed class NodeView : IKubernetesObject<V1ObjectMeta>
{
    /// <inheritdoc/>
    [JsonPropertyName("apiVersion")]
    public string ApiVersion { get; set; } = "v1";

    /// <inheritdoc/>
    [JsonPropertyName("kind")]
    public string Kind { get; set; } = "Node";

    /// <inheritdoc/>
    [JsonPropertyName("metadata")]
    public V1ObjectMeta Metadata { get; set; } = new();

    /// <summary>The wanted state.</summary>
    [JsonPropertyName("spec")]
    public NodeViewSpec? Spec { get; set; }

    /// <summary>The observed state.</summary>
    [JsonPropertyName("status")]
    public NodeViewStatus? Status { get; set; }

    /// <summary>The label with the NVLink domain that a node of a rack is a part of.</summary>
    public const string CliqueLabel = "nvidia.com/gpu.clique";

    /// <summary>The label with the zone.</summary>
    public const string ZoneLabel = "topology.kubernetes.io/zone";

    /// <summary>Whether anything that placement looks at differs; heartbeats do not.</summary>
    public static bool Differs(NodeView? before, NodeView? after) =>
        before is null || after is null
        || before.ToNodeState(0) != after.ToNodeState(0)
        || before.Metadata.DeletionTimestamp != after.Metadata.DeletionTimestamp
        || !SameConditions(before.Status?.Conditions, after.Status?.Conditions)
        || !SameTaints(before.Taints, after.Taints)
        || !SameLabels(before.Metadata.Labels, after.Metadata.Labels);

    /// <summary>The taints on the node.</summary>
    [JsonIgnore]
    public IReadOnlyList<V1Taint> Taints => Spec?.Taints ?? [];

    /// <summary>The node as placement sees it.</summary>
    /// <param name="allocated">GPUs requested by pods on it that have not ended.</param>
    public NodeState ToNodeState(int allocated) => new(
        Metadata.Name,
        Label("nvidia.com/gpu.product"),
        int.TryParse(Label("nvidia.com/gpu.memory"), out var mebibytes) ? mebibytes : null,
        Gpus(Status?.Capacity),
        Gpus(Status?.Allocatable),
        allocated,
        Fault())
    {
        // NVIDIA's GPU feature discovery: ClusterUUID.CliqueID of the NVLink fabric.
        Clique = Label(CliqueLabel),
        Zone = Label(ZoneLabel),
        Created = Metadata.CreationTimestamp is { } made ? new DateTimeOffset(made.ToUniversalTime(), TimeSpan.Zero) : null,
    };

    /// <summary>The value of a label, or null.</summary>
    public string? Label(string key) => Metadata.Labels is { } labels && labels.TryGetValue(key, out var value) ? value : null;

    /// <summary>The value of an annotation, or null.</summary>
    public string? Annotation(string key) => Metadata.Annotations is { } annotations && annotations.TryGetValue(key, out var value) ? value : null;

    /// <summary>The condition of a type, or null.</summary>
    public ViewCondition? Condition(string type) => Status?.Conditions?.FirstOrDefault(condition => condition.Type == type);

    private NodeFault Fault()
    {
        if (Status?.Conditions?.FirstOrDefault(condition => condition.Type == "Ready")?.Status != "True") return NodeFault.NotReady;
        if (Spec?.Unschedulable == true) return NodeFault.Cordoned;
        var product = Label("nvidia.com/gpu.product") ?? "";
        if (product.EndsWith("-SHARED", StringComparison.Ordinal) || (int.TryParse(Label("nvidia.com/gpu.replicas"), out var replicas) && replicas > 1))
            return NodeFault.Shared;
        // The label mig.strategy only says how slices would be offered; these say that there are some.
        if (product.Contains("-MIG-", StringComparison.Ordinal) || HasMigSlices) return NodeFault.Mig;
        return Gpus(Status?.Allocatable) == 0 ? NodeFault.NoGpusOffered : NodeFault.None;
    }

    private bool HasMigSlices => Metadata.Labels?.Keys.Any(key =>
        key.StartsWith("nvidia.com/mig-", StringComparison.Ordinal) && key.EndsWith(".count", StringComparison.Ordinal)) == true;

    private static int Gpus(Dictionary<string, string>? resources) =>
        resources is not null && resources.TryGetValue(GpuResource.Name, out var count) && int.TryParse(count, out var gpus) ? gpus : 0;

    // Without messages and heartbeats.
    private static bool SameConditions(List<ViewCondition>? left, List<ViewCondition>? right) =>
        (left?.Count ?? 0) == (right?.Count ?? 0)
        && (left is null || left.Zip(right!).All(pair => pair.First.Type == pair.Second.Type && pair.First.Status == pair.Second.Status));

    private static bool SameTaints(IReadOnlyList<V1Taint> left, IReadOnlyList<V1Taint> right) =>
        left.Count == right.Count && left.Zip(right).All(pair =>
            pair.First.Key == pair.Second.Key && pair.First.Value == pair.Second.Value && pair.First.Effect == pair.Second.Effect);

    private static bool SameLabels(IDictionary<string, string>? left, IDictionary<string, string>? right) =>
        (left?.Count ?? 0) == (right?.Count ?? 0)
        && (left is null || left.All(pair => right!.TryGetValue(pair.Key, out var value) && value == pair.Value));
}

/// <summary>The part of a node's spec that placement looks at.</summary>
public sealed class NodeViewSpec
{
    /// <summary>Whether the node is closed to new pods.</summary>
    [JsonPropertyName("unschedulable")]
    public bool? Unschedulable { get; set; }

    /// <summary>Its taints.</summary>
    [JsonPropertyName("taints")]
    public List<V1Taint>? Taints { get; set; }
}

/// <summary>The part of a node's status that placement looks at.</summary>
public sealed class NodeViewStatus
{
    /// <summary>What the node has, as quantities.</summary>
    [JsonPropertyName("capacity")]
    public Dictionary<string, string>? Capacity { get; set; }

    /// <summary>What pods may take of it, as quantities.</summary>
    [JsonPropertyName("allocatable")]
    public Dictionary<string, string>? Allocatable { get; set; }

    /// <summary>How the node is.</summary>
    [JsonPropertyName("conditions")]
    public List<ViewCondition>? Conditions { get; set; }
}

/// <summary>A condition of a node or pod, without its heartbeat.</summary>
/// <param name="Type">The question.</param>
/// <param name="Status"><c>True</c>, <c>False</c> or <c>Unknown</c>.</param>
/// <param name="Reason">Why, in a word.</param>
/// <param name="Message">Why, in a sentence.</param>
public sealed record ViewCondition(
    [property: JsonPropertyName("type")] string Type,
    [property: JsonPropertyName("status")] string Status,
    [property: JsonPropertyName("reason")] string? Reason = null,
    [property: JsonPropertyName("message")] string? Message = null);
