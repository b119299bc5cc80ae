using k8s.Models;
using Nemotron.Crds.Attributes;

namespace Nemotron.Crds;

/// <summary>What was observed of a NemotronDeployment.</summary>
public sealed record NemotronDeploymentStatus
{
    /// <summary>The generation of the spec that the status is about.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>The state in answers to questions: Accepted, CapacityAvailable, Progressing, Ready, EngineHealthy, MetricsAvailable, ScalingLimited, ReasoningVerified and others.</summary>
    [Items(maxItems: 32), XListType(XListType.Map), XListMapKeys("type")]
    public IList<V1Condition>? Conditions { get; init; }

    /// <summary>The catalogue's name of the model that is served.</summary>
    [Length(0, 253)]
    public string? Model { get; init; }

    /// <summary>The GpuNodePool the replicas run in.</summary>
    [Length(0, 253)]
    public string? NodePool { get; init; }

    /// <summary>How the GPU memory of a replica is divided.</summary>
    public MemoryPlanStatus? Plan { get; init; }

    /// <summary>Replicas that exist, ready or not.</summary>
    [RangeMinimum(0)]
    public int? Replicas { get; init; }

    /// <summary>Replicas that serve.</summary>
    [RangeMinimum(0)]
    public int? ReadyReplicas { get; init; }

    /// <summary>Replicas of the newest template.</summary>
    [RangeMinimum(0)]
    public int? UpdatedReplicas { get; init; }

    /// <summary>Replicas that are wanted now, by spec.replicas or by the autoscaler.</summary>
    [RangeMinimum(0)]
    public int? DesiredReplicas { get; init; }

    /// <summary>The label selector of the pods, as text, for /scale.</summary>
    [Length(0, 1024)]
    public string? Selector { get; init; }

    /// <summary>Share of the KV cache in use, in percent, over all ready replicas. Absent: not known.</summary>
    [RangeMinimum(0), RangeMaximum(100)]
    public int? KvUtilizationPercent { get; init; }

    /// <summary>Output tokens per second over all ready replicas, rounded. Absent: not known.</summary>
    [RangeMinimum(0)]
    public long? TokensPerSecond { get; init; }

    /// <summary>The newest change of the wanted number of replicas, and why.</summary>
    public ScalingDecisionStatus? LastScaling { get; init; }

    /// <summary>What the autoscaler carries from one decision to the next, so that a restart goes on where the last process stopped.</summary>
    public AutoscalerStateStatus? Autoscaler { get; init; }

    /// <summary>The engine as it was found running.</summary>
    public EngineStatus? Engine { get; init; }

    /// <summary>The weights on the nodes' disks. Absent without spec.checkpoint.cache.</summary>
    public WeightsStatus? Weights { get; init; }

    /// <summary>Replicas that were restarted because their engine was hung or dead. Forgotten once a replica has been well for an hour.</summary>
    [Items(maxItems: 64)]
    public IReadOnlyList<EngineRestartStatus>? EngineRestarts { get; init; }

    /// <summary>The reasoning mode as the gateway applies it.</summary>
    public ReasoningStatus? Reasoning { get; init; }
}

/// <summary>How the GPU memory of a replica is divided, and what follows.</summary>
public sealed record MemoryPlanStatus
{
    /// <summary>The GPU that the plan is for, by its catalogue name, such as H100-SXM.</summary>
    [Length(0, 128)]
    public string? Gpu { get; init; }

    /// <summary>Memory of one GPU, in bytes, as its node reports it.</summary>
    public long? GpuMemoryBytes { get; init; }

    /// <summary>GPUs of one replica.</summary>
    public int? GpusPerReplica { get; init; }

    /// <summary>Nodes of one replica.</summary>
    public int? NodesPerReplica { get; init; }

    /// <summary>GPUs that share each layer, as asked for or chosen.</summary>
    public int? TensorParallel { get; init; }

    /// <summary>Stages that the layers are split into.</summary>
    public int? PipelineParallel { get; init; }

    /// <summary>The number format of the weights.</summary>
    public Precision? Precision { get; init; }

    /// <summary>The number format of the KV cache.</summary>
    public KvPrecision? KvPrecision { get; init; }

    /// <summary>Weights on each GPU, in bytes; of the fullest stage.</summary>
    public long? WeightsBytesPerGpu { get; init; }

    /// <summary>Activations, runtime, CUDA graphs and communication buffers on each GPU, in bytes.</summary>
    public long? ReservedBytesPerGpu { get; init; }

    /// <summary>What the KV cache and sequence states take on each GPU, in bytes.</summary>
    public long? CacheBytesPerGpu { get; init; }

    /// <summary>KV cache of one token on each GPU, in bytes.</summary>
    public long? KvBytesPerTokenPerGpu { get; init; }

    /// <summary>State of one sequence that does not grow with its length (Mamba layers), on each GPU, in bytes.</summary>
    public long? StateBytesPerSequencePerGpu { get; init; }

    /// <summary>Tokens that one replica's KV cache holds.</summary>
    public long? KvTokens { get; init; }

    /// <summary>Longest sequence that is served, in tokens.</summary>
    public long? ContextTokens { get; init; }

    /// <summary>Sequences of that length that one replica holds at once.</summary>
    public long? MaxSequences { get; init; }

    /// <summary>What limits the replica first, KvCache, State, Weights or Rules.</summary>
    [Length(0, 64)]
    public string? Binding { get; init; }

    /// <summary>The plan line by line, as kubectl nemotron plan prints it.</summary>
    [Items(maxItems: 64), Length(0, 256)]
    public IReadOnlyList<string>? Lines { get; init; }
}

/// <summary>A change of the wanted number of replicas.</summary>
public sealed record ScalingDecisionStatus
{
    /// <summary>When it was decided.</summary>
    public DateTime? Time { get; init; }

    /// <summary>The number before.</summary>
    public int? From { get; init; }

    /// <summary>The number since.</summary>
    public int? To { get; init; }

    /// <summary>Why, in one word, such as KvUtilization, Throughput, Latency, Idle, Schedule or Manual.</summary>
    [Length(0, 128)]
    public string? Reason { get; init; }

    /// <summary>Why, in a sentence with the numbers.</summary>
    [Length(0, 1024)]
    public string? Message { get; init; }
}

/// <summary>What the autoscaler carries from one decision to the next.</summary>
public sealed record AutoscalerStateStatus
{
    /// <summary>The number it would set, also where it only recommends.</summary>
    public int? RecommendedReplicas { get; init; }

    /// <summary>Why, in one word, such as KvUtilization, Throughput, Latency, NoData or MaxReplicas.</summary>
    [Length(0, 128)]
    public string? Reason { get; init; }

    /// <summary>Why, in a sentence with the numbers, as of the last write of this status.</summary>
    [Length(0, 1024)]
    public string? Message { get; init; }

    /// <summary>What the next decision takes over: history, learnt lengths and latencies, the time a replica takes to start. For the operator; JSON.</summary>
    [Length(0, 32768)]
    public string? State { get; init; }
}

/// <summary>The engine as it was found running.</summary>
public sealed record EngineStatus
{
    /// <summary>The engine.</summary>
    public EngineKind? Type { get; init; }

    /// <summary>The image that the pods run.</summary>
    [Length(0, 512)]
    public string? Image { get; init; }

    /// <summary>The version that the engine reports, or that was derived from the image.</summary>
    [Length(0, 128)]
    public string? Version { get; init; }

    /// <summary>How its metrics are named, such as trtllm-serve/1.3 or triton.</summary>
    [Length(0, 128)]
    public string? Dialect { get; init; }

    /// <summary>How the operator asks for its health, such as Http, TritonGrpc or TrtLlmGrpc.</summary>
    [Length(0, 64)]
    public string? Protocol { get; init; }
}

/// <summary>How far the weights are on the nodes' disks.</summary>
public sealed record WeightsStatus
{
    /// <summary>The checkpoint's folder in the cache, as revision/owner/name.</summary>
    [Length(0, 512)]
    public string? Folder { get; init; }

    /// <summary>What names the checkpoint, in the directory that the pool keeps, in the nodes' labels, weights.serving.nemotron.dev/KEY.</summary>
    [Length(0, 63)]
    public string? Key { get; init; }

    /// <summary>Nodes that are to hold them: those of the replicas and of as many more as it may have, and one to spare.</summary>
    [RangeMinimum(0)]
    public int? Nodes { get; init; }

    /// <summary>Of these, nodes that hold them.</summary>
    [RangeMinimum(0)]
    public int? Loaded { get; init; }

    /// <summary>Of these, nodes that download them.</summary>
    [RangeMinimum(0)]
    public int? Loading { get; init; }

    /// <summary>Of these, nodes on which the download has failed; it is tried again ten minutes later.</summary>
    [RangeMinimum(0)]
    public int? Failed { get; init; }
}

/// <summary>The restarts of one replica for its engine's sake: what the pause before the next is reckoned from, also by the operator's successor.</summary>
public sealed record EngineRestartStatus
{
    /// <summary>The replica, by its group of a LeaderWorkerSet, such as ultra-group/0; else by the pod that has its place now.</summary>
    [Length(0, 253)]
    public string? Replica { get; init; }

    /// <summary>The uid of the pod that was restarted last.</summary>
    [Length(0, 64)]
    public string? PodUid { get; init; }

    /// <summary>Restarts so far.</summary>
    [RangeMinimum(0)]
    public int? Count { get; init; }

    /// <summary>When the last one was.</summary>
    public DateTime? Time { get; init; }

    /// <summary>Why, in one word, such as NoProgress, UnreadyTooLong or NotListening.</summary>
    [Length(0, 128)]
    public string? Reason { get; init; }
}

/// <summary>The reasoning mode as the gateway applies it.</summary>
public sealed record ReasoningStatus
{
    /// <summary>The mode of a request whose client says nothing.</summary>
    public ReasoningMode? Default { get; init; }

    /// <summary>Most tokens of a reasoning trace now. Absent: no limit is applied.</summary>
    public long? BudgetTokens { get; init; }

    /// <summary>How the model is told, such as SystemDetailedThinking or SystemNoThink.</summary>
    [Length(0, 64)]
    public string? Grammar { get; init; }

    /// <summary>The pod template and gateway settings whose probe the condition ReasoningVerified tells of.</summary>
    [Length(0, 64)]
    public string? Probed { get; init; }

    /// <summary>How far the budget is lowered. Absent without spec.reasoning.pressure.</summary>
    public PressureStatus? Pressure { get; init; }
}

/// <summary>How far the thinking budget is lowered.</summary>
public sealed record PressureStatus
{
    /// <summary>Steps down from the declared budget, each of which halves it; 0: it is as declared.</summary>
    [RangeMinimum(0)]
    public int? Steps { get; init; }

    /// <summary>When the newest step was taken, up or down. Absent: none was.</summary>
    public DateTime? Time { get; init; }

    /// <summary>Why the newest step was taken, with the numbers.</summary>
    [Length(0, 512)]
    public string? Message { get; init; }
}
