using System.Text.Json.Serialization;
using k8s;
using k8s.Models;
using Nemotron.Crds;

namespace Nemotron.Controllers.Views;

/// <summary>A Pod, of which only what the controllers look at is read and kept.</summary>
[KubernetesEntity(Group = "", ApiVersion = "v1", Kind = "Pod", PluralName = "pods")]
public sealed class PodView : IKubernetesObject<V1ObjectMeta>
{
    /// <summary>The cache's index of pods by the node they are bound to.</summary>
    public const string ByNode = "node";

    // The cluster autoscaler's.
    private const string SafeToEvict = "cluster-autoscaler.kubernetes.io/safe-to-evict";

    /// <inheritdoc/>
    [JsonPropertyName("apiVersion")]
    public string ApiVersion { get; set; } = "v1";

    /// <inheritdoc/>
    [JsonPropertyName("kind")]
    public string Kind { get; set; } = "Pod";

    /// <inheritdoc/>
    [JsonPropertyName("metadata")]
    public V1ObjectMeta Metadata { get; set; } = new();

    /// <summary>The wanted state.</summary>
    [JsonPropertyName("spec")]
    public PodViewSpec? Spec { get; set; }

    /// <summary>The observed state.</summary>
    [JsonPropertyName("status")]
    public PodViewStatus? Status { get; set; }

    /// <summary>The node it is bound to, or null.</summary>
    [JsonIgnore]
    public string? NodeName => Spec?.NodeName is { Length: > 0 } name ? name : null;

    /// <summary>Whether it has ended and holds no GPU any more.</summary>
    [JsonIgnore]
    public bool Ended => Status?.Phase is "Succeeded" or "Failed";

    // The grace period is over by the API server's clock, which need not be ours.
    private static readonly TimeSpan GraceMargin = TimeSpan.FromSeconds(30);

    /// <summary>Whether it should be gone by now: it is being deleted, and its grace period is over. On a node that is lost nobody says that it has ended.</summary>
    /// <param name="now">The time.</param>
    public bool Overdue(DateTimeOffset now) => Metadata.DeletionTimestamp is { } end && new DateTimeOffset(end.ToUniversalTime(), TimeSpan.Zero) + GraceMargin <= now;

    /// <summary>Its address, or null while it has none.</summary>
    [JsonIgnore]
    public string? Address => Status?.PodIP is { Length: > 0 } address ? UrlHost.Of(address) : null;

    /// <summary>Whether it serves.</summary>
    [JsonIgnore]
    public bool Ready => Metadata.DeletionTimestamp is null && Condition("Ready") is { Status: "True" };

    /// <summary>GPUs it asks for, over all its containers.</summary>
    [JsonIgnore]
    public int Gpus => Spec?.Containers?.Sum(container =>
        container.Resources?.Limits is { } limits && limits.TryGetValue(GpuResource.Name, out var count) && int.TryParse(count, out var gpus) ? gpus : 0) ?? 0;

    /// <summary>Why the scheduler cannot place it, in its own words; null when it can, or has not tried.</summary>
    [JsonIgnore]
    public string? Unschedulable => NodeName is null && Condition("PodScheduled") is { Status: "False", Reason: "Unschedulable" } condition ? condition.Message ?? "" : null;

    /// <summary>Why a container does not start or keeps ending, as <c>Reason: message</c>; null when none does.</summary>
    [JsonIgnore]
    public string? ContainerTrouble => (Status?.InitContainerStatuses ?? []).Concat(Status?.ContainerStatuses ?? [])
        .FirstOrDefault(status => status.State?.Waiting is { Reason: not (null or "ContainerCreating" or "PodInitializing") }) is { State.Waiting: { } trouble } container
            // What the container itself said says more than that it is waited with.
            ? (container.LastState?.Terminated?.Message?.Trim() is { Length: > 0 } said ? said.Split('\n')[^1] : trouble.Message) is { Length: > 0 } why ? $"{trouble.Reason}: {why}" : trouble.Reason
            : null;

    /// <summary>Whether its node has taken it and not got its volumes or its network ready yet. Kubernetes before 1.29 does not tell: then false.</summary>
    [JsonIgnore]
    public bool Unprepared => NodeName is not null && !Ended && Metadata.DeletionTimestamp is null && Condition("PodReadyToStartContainers") is { Status: "False" };

    /// <summary>Whether it only computes for another pod that answers requests.</summary>
    [JsonIgnore]
    public bool IsWorker => Metadata.Labels?.TryGetValue(NemotronLabels.Role, out var role) == true && role == NemotronLabels.WorkerRole;

    /// <summary>Whether it is one of the pods of a replica over several nodes.</summary>
    [JsonIgnore]
    public bool InGroup => Metadata.Labels?.ContainsKey(LeaderWorkerSet.GroupIndexLabel) == true;

    /// <summary>The replica it is, or is a part of; distinct within a namespace.</summary>
    [JsonIgnore]
    public string Replica => Metadata.Labels is { } labels && labels.TryGetValue(LeaderWorkerSet.NameLabel, out var set) && labels.TryGetValue(LeaderWorkerSet.GroupIndexLabel, out var index)
        ? $"{set}/{index}"
        : Metadata.Name;

    /// <summary>An annotation by which its owner asks that nobody moves it, as <c>key: value</c>; null where there is none.</summary>
    [JsonIgnore]
    public string? StaysBy => Metadata.Annotations?.Where(AsksToStay).Select(note => $"{note.Key}: {note.Value}").FirstOrDefault();

    /// <summary>The pod with no annotation but those by which it asks to stay where it is: of thousands of pods nobody reads the others.</summary>
    public static PodView WithoutNotes(PodView pod)
    {
        var kept = pod.Metadata.Annotations?.Where(AsksToStay).ToDictionary(note => note.Key, note => note.Value, StringComparer.Ordinal);
        pod.Metadata.Annotations = kept is { Count: > 0 } ? kept : null;
        return pod;
    }

    // Karpenter takes true, or for how long; the cluster autoscaler the word false.
    private static bool AsksToStay(KeyValuePair<string, string> note) => note.Key switch
    {
        KarpenterNodePool.DoNotDisrupt => note.Value != "false",
        SafeToEvict => note.Value == "false",
        _ => false,
    };

    /// <summary>Whether anything that the controllers look at differs.</summary>
    public static bool Differs(PodView? before, PodView? after) =>
        before is null || after is null
        || before.NodeName != after.NodeName
        || before.Ended != after.Ended
        || before.Ready != after.Ready
        || before.Unschedulable != after.Unschedulable
        || before.ContainerTrouble != after.ContainerTrouble
        || before.Unprepared != after.Unprepared
        || before.Metadata.DeletionTimestamp != after.Metadata.DeletionTimestamp
        || before.StaysBy != after.StaysBy;

    private ViewCondition? Condition(string type) => Status?.Conditions?.FirstOrDefault(condition => condition.Type == type);
}

/// <summary>The part of a pod's spec that the controllers look at.</summary>
public sealed class PodViewSpec
{
    /// <summary>The node it is bound to.</summary>
    [JsonPropertyName("nodeName")]
    public string? NodeName { get; set; }

    /// <summary>Labels that its node must have.</summary>
    [JsonPropertyName("nodeSelector")]
    public Dictionary<string, string>? NodeSelector { get; set; }

    /// <summary>Set where it says itself near what it must or would rather be.</summary>
    [JsonPropertyName("affinity")]
    public AffinityView? Affinity { get; set; }

    /// <summary>How it and its like are spread.</summary>
    [JsonPropertyName("topologySpreadConstraints")]
    public List<SpreadView>? TopologySpreadConstraints { get; set; }

    /// <summary>Its containers.</summary>
    [JsonPropertyName("containers")]
    public List<ContainerView>? Containers { get; set; }
}

/// <summary>A pod's affinity, of which only that there is one is looked at.</summary>
public sealed class AffinityView;

/// <summary>How a pod and its like are spread.</summary>
public sealed class SpreadView
{
    /// <summary>DoNotSchedule where that must hold; ScheduleAnyway where it is a wish.</summary>
    [JsonPropertyName("whenUnsatisfiable")]
    public string? WhenUnsatisfiable { get; set; }
}

/// <summary>The part of a container that the controllers look at.</summary>
public sealed class ContainerView
{
    /// <summary>What it may take.</summary>
    [JsonPropertyName("resources")]
    public ResourcesView? Resources { get; set; }
}

/// <summary>Limits of a container, as quantities.</summary>
public sealed class ResourcesView
{
    /// <summary>By resource name.</summary>
    [JsonPropertyName("limits")]
    public Dictionary<string, string>? Limits { get; set; }
}

/// <summary>The part of a pod's status that the controllers look at.</summary>
public sealed class PodViewStatus
{
    /// <summary>Pending, Running, Succeeded, Failed or Unknown.</summary>
    [JsonPropertyName("phase")]
    public string? Phase { get; set; }

    /// <summary>When its node took it.</summary>
    [JsonPropertyName("startTime")]
    public DateTimeOffset? StartTime { get; set; }

    /// <summary>Its address.</summary>
    [JsonPropertyName("podIP")]
    public string? PodIP { get; set; }

    /// <summary>How the pod is.</summary>
    [JsonPropertyName("conditions")]
    public List<ViewCondition>? Conditions { get; set; }

    /// <summary>How its containers are.</summary>
    [JsonPropertyName("containerStatuses")]
    public List<ContainerStatusView>? ContainerStatuses { get; set; }

    /// <summary>How the containers are that run before those.</summary>
    [JsonPropertyName("initContainerStatuses")]
    public List<ContainerStatusView>? InitContainerStatuses { get; set; }
}

/// <summary>The part of a container's status that the controllers look at.</summary>
public sealed class ContainerStatusView
{
    /// <summary>The container's name.</summary>
    [JsonPropertyName("name")]
    public string? Name { get; set; }

    /// <summary>How many times it was started anew.</summary>
    [JsonPropertyName("restartCount")]
    public int RestartCount { get; set; }

    /// <summary>Whether its startup probe has passed since it last started; null where it does not run.</summary>
    [JsonPropertyName("started")]
    public bool? Started { get; set; }

    /// <summary>What the container is doing.</summary>
    [JsonPropertyName("state")]
    public ContainerStateView? State { get; set; }

    /// <summary>How it ended before it was started anew.</summary>
    [JsonPropertyName("lastState")]
    public ContainerStateView? LastState { get; set; }
}

/// <summary>What a container is doing.</summary>
public sealed class ContainerStateView
{
    /// <summary>Set while it does not run.</summary>
    [JsonPropertyName("waiting")]
    public WaitingView? Waiting { get; set; }

    /// <summary>Set while it runs.</summary>
    [JsonPropertyName("running")]
    public RunningView? Running { get; set; }

    /// <summary>Set once it has ended.</summary>
    [JsonPropertyName("terminated")]
    public TerminatedView? Terminated { get; set; }
}

/// <summary>Since when a container runs.</summary>
public sealed class RunningView
{
    /// <summary>When it last started.</summary>
    [JsonPropertyName("startedAt")]
    public DateTime? StartedAt { get; set; }
}

/// <summary>How a container has ended.</summary>
public sealed class TerminatedView
{
    /// <summary>What it left to be read.</summary>
    [JsonPropertyName("message")]
    public string? Message { get; set; }
}

/// <summary>Why a container does not run.</summary>
public sealed class WaitingView
{
    /// <summary>In a word, such as <c>ImagePullBackOff</c>.</summary>
    [JsonPropertyName("reason")]
    public string? Reason { get; set; }

    /// <summary>In a sentence.</summary>
    [JsonPropertyName("message")]
    public string? Message { get; set; }
}
