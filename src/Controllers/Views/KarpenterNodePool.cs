using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using k8s;
using k8s.Models;
using Nemotron.Crds.Attributes;

namespace Nemotron.Controllers.Views;

/// <summary>A NodePool of Karpenter (kubernetes-sigs/karpenter, karpenter.sh/v1): the part that the operator writes and reads.</summary>
[KubernetesEntity(Group = GroupName, ApiVersion = "v1", Kind = "NodePool", PluralName = "nodepools")]
[EntityScope(EntityScope.Cluster)]
public sealed class KarpenterNodePool : IKubernetesObject<V1ObjectMeta>
{
    /// <summary>The API group.</summary>
    public const string GroupName = "karpenter.sh";

    /// <summary>On nodes and NodeClaims: the NodePool they are of.</summary>
    public const string PoolLabel = GroupName + "/nodepool";

    /// <summary>On pods: Karpenter moves them by no choice of its own.</summary>
    public const string DoNotDisrupt = GroupName + "/do-not-disrupt";

    /// <inheritdoc/>
    [JsonPropertyName("apiVersion")]
    public string ApiVersion { get; set; } = GroupName + "/v1";

    /// <inheritdoc/>
    [JsonPropertyName("kind")]
    public string Kind { get; set; } = "NodePool";

    /// <inheritdoc/>
    [JsonPropertyName("metadata")]
    public V1ObjectMeta Metadata { get; set; } = new();

    /// <summary>The wanted state, as Karpenter's schema has it.</summary>
    [JsonPropertyName("spec")]
    public JsonObject? Spec { get; set; }

    /// <summary>The observed state.</summary>
    [JsonPropertyName("status")]
    public ConditionsView? Status { get; set; }
}

/// <summary>A NodeClaim of Karpenter: a machine that it has asked for.</summary>
[KubernetesEntity(Group = KarpenterNodePool.GroupName, ApiVersion = "v1", Kind = "NodeClaim", PluralName = "nodeclaims")]
[EntityScope(EntityScope.Cluster)]
public sealed class NodeClaimView : IKubernetesObject<V1ObjectMeta>
{
    /// <inheritdoc/>
    [JsonPropertyName("apiVersion")]
    public string ApiVersion { get; set; } = KarpenterNodePool.GroupName + "/v1";

    /// <inheritdoc/>
    [JsonPropertyName("kind")]
    public string Kind { get; set; } = "NodeClaim";

    /// <inheritdoc/>
    [JsonPropertyName("metadata")]
    public V1ObjectMeta Metadata { get; set; } = new();

    /// <summary>The observed state.</summary>
    [JsonPropertyName("status")]
    public ConditionsView? Status { get; set; }

    /// <summary>The condition of a type, or null.</summary>
    public ViewCondition? Condition(string type) => Status?.Conditions?.FirstOrDefault(condition => condition.Type == type);
}

/// <summary>A status of which conditions and the node are read.</summary>
public sealed class ConditionsView
{
    /// <summary>The node of a NodeClaim, once it has joined.</summary>
    [JsonPropertyName("nodeName")]
    public string? NodeName { get; set; }

    /// <summary>How it is.</summary>
    [JsonPropertyName("conditions")]
    public List<ViewCondition>? Conditions { get; set; }
}
