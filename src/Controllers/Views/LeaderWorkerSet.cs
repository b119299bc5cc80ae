using System.Text.Json.Serialization;
using k8s;
using k8s.Models;

namespace Nemotron.Controllers.Views;

/// <summary>
/// Groups of pods that start, restart and scale as one (kubernetes-sigs/lws, api/leaderworkerset/v1): the part that the operator writes and reads.
/// </summary>
[KubernetesEntity(Group = GroupName, ApiVersion = "v1", Kind = KindName, PluralName = "leaderworkersets")]
public sealed class LeaderWorkerSet : IKubernetesObject<V1ObjectMeta>
{
    /// <summary>The API group.</summary>
    public const string GroupName = "leaderworkerset.x-k8s.io";

    /// <summary>The kind's name.</summary>
    public const string KindName = "LeaderWorkerSet";

    /// <summary>On pods: the set they belong to.</summary>
    public const string NameLabel = "leaderworkerset.sigs.k8s.io/name";

    /// <summary>On pods: which group of the set.</summary>
    public const string GroupIndexLabel = "leaderworkerset.sigs.k8s.io/group-index";

    /// <summary>On pods: a hash that is the same for all pods of a group, and for no others.</summary>
    public const string GroupKeyLabel = "leaderworkerset.sigs.k8s.io/group-key";

    /// <summary>Annotation on the set: the label of nodes of which each value holds one group alone.</summary>
    public const string ExclusiveTopology = "leaderworkerset.sigs.k8s.io/exclusive-topology";

    /// <summary>Starts all pods of a group anew when a container of one restarts: an MPI world does not outlive any of its parts.</summary>
    public const string RecreateGroupOnPodRestart = "RecreateGroupOnPodRestart";

    /// <inheritdoc/>
    [JsonPropertyName("apiVersion")]
    public string ApiVersion { get; set; } = GroupName + "/v1";

    /// <inheritdoc/>
    [JsonPropertyName("kind")]
    public string Kind { get; set; } = KindName;

    /// <inheritdoc/>
    [JsonPropertyName("metadata")]
    public V1ObjectMeta Metadata { get; set; } = new();

    /// <summary>The wanted state.</summary>
    [JsonPropertyName("spec")]
    public LeaderWorkerSetSpec Spec { get; set; } = new();

    /// <summary>The observed state.</summary>
    [JsonPropertyName("status")]
    public LeaderWorkerSetStatus? Status { get; set; }
}

/// <summary>The wanted state of a LeaderWorkerSet.</summary>
public sealed class LeaderWorkerSetSpec
{
    /// <summary>Groups.</summary>
    [JsonPropertyName("replicas")]
    public int? Replicas { get; set; }

    /// <summary><c>LeaderCreated</c> or <c>LeaderReady</c>: when the workers are made.</summary>
    [JsonPropertyName("startupPolicy")]
    public string? StartupPolicy { get; set; }

    /// <summary>How a change of the templates reaches the groups.</summary>
    [JsonPropertyName("rolloutStrategy")]
    public GroupRolloutStrategy? RolloutStrategy { get; set; }

    /// <summary>Names of the pods in DNS.</summary>
    [JsonPropertyName("networkConfig")]
    public GroupNetworkConfig? NetworkConfig { get; set; }

    /// <summary>The pods of a group.</summary>
    [JsonPropertyName("leaderWorkerTemplate")]
    public LeaderWorkerTemplate LeaderWorkerTemplate { get; set; } = new();
}

/// <summary>The pods of a group.</summary>
public sealed class LeaderWorkerTemplate
{
    /// <summary>Pods of a group, the leader among them.</summary>
    [JsonPropertyName("size")]
    public int? Size { get; set; }

    /// <summary>What happens when a container restarts.</summary>
    [JsonPropertyName("restartPolicy")]
    public string? RestartPolicy { get; set; }

    /// <summary>The first pod.</summary>
    [JsonPropertyName("leaderTemplate")]
    public V1PodTemplateSpec? LeaderTemplate { get; set; }

    /// <summary>The other pods.</summary>
    [JsonPropertyName("workerTemplate")]
    public V1PodTemplateSpec WorkerTemplate { get; set; } = new();
}

/// <summary>How a change of the templates reaches the groups.</summary>
public sealed class GroupRolloutStrategy
{
    /// <summary>Always <c>RollingUpdate</c>.</summary>
    [JsonPropertyName("type")]
    public string Type { get; set; } = "RollingUpdate";

    /// <summary>The pace.</summary>
    [JsonPropertyName("rollingUpdateConfiguration")]
    public GroupRollingUpdate? RollingUpdateConfiguration { get; set; }
}

/// <summary>The pace of a rollout.</summary>
public sealed class GroupRollingUpdate
{
    /// <summary>Groups that may be missing.</summary>
    [JsonPropertyName("maxUnavailable")]
    public IntOrString? MaxUnavailable { get; set; }

    /// <summary>Groups above the wanted number.</summary>
    [JsonPropertyName("maxSurge")]
    public IntOrString? MaxSurge { get; set; }
}

/// <summary>Names of the pods in DNS.</summary>
public sealed class GroupNetworkConfig
{
    /// <summary><c>Shared</c>: one headless Service, named after the set. <c>UniquePerReplica</c>: one per group.</summary>
    [JsonPropertyName("subdomainPolicy")]
    public string? SubdomainPolicy { get; set; }
}

/// <summary>The observed state of a LeaderWorkerSet.</summary>
public sealed class LeaderWorkerSetStatus
{
    /// <summary>Groups that exist.</summary>
    [JsonPropertyName("replicas")]
    public int? Replicas { get; set; }

    /// <summary>Groups of which all pods are ready.</summary>
    [JsonPropertyName("readyReplicas")]
    public int? ReadyReplicas { get; set; }

    /// <summary>Groups of the newest templates.</summary>
    [JsonPropertyName("updatedReplicas")]
    public int? UpdatedReplicas { get; set; }

    /// <summary>Available, Progressing, UpdateInProgress.</summary>
    [JsonPropertyName("conditions")]
    public IList<V1Condition>? Conditions { get; set; }
}
