using k8s.Models;
using Nemotron.Crds.Attributes;

namespace Nemotron.Crds;

/// <summary>What is to be served, and how.</summary>
[ValidationRule(
    "has(self.model) != has(self.modelRef)",
    message: "exactly one of model (Nano, Super or Ultra) and modelRef (the name of a NemotronModel or of a catalogue entry) must be set")]
[ValidationRule(
    "!(has(self.replicas) && has(self.autoscaling))",
    fieldPath: ".replicas",
    reason: "FieldValueForbidden",
    message: "replicas and autoscaling exclude each other: remove replicas to let the operator scale, or autoscaling to set the count yourself")]
[ValidationRule(
    "self.reasoning.enforcement != 'Enforced' || self.gateway.enabled",
    fieldPath: ".gateway.enabled",
    message: "must be true while reasoning.enforcement is Enforced: only the gateway can override a client")]
[ValidationRule(
    "!has(self.reasoning.budgetTokens) || self.gateway.enabled",
    fieldPath: ".gateway.enabled",
    message: "must be true while reasoning.budgetTokens is set: the gateway ends a trace at its budget")]
[ValidationRule(
    "!has(self.reasoning.budgetTokens) || !has(self.maxContextTokens) || self.reasoning.budgetTokens < self.maxContextTokens",
    fieldPath: ".reasoning.budgetTokens",
    message: "must be below maxContextTokens: prompt, reasoning trace and answer share the context")]
[ValidationRule(
    "!has(self.reasoning.pressure) || has(self.autoscaling)",
    fieldPath: ".autoscaling",
    reason: "FieldValueRequired",
    message: "must be set while reasoning.pressure is: the autoscaler tells when no replica can be added (minReplicas and maxReplicas may be the same)")]
public sealed record NemotronDeploymentSpec
{
    /// <summary>The model by its tier: Nano (8B), Super (49B) or Ultra (253B). Exactly one of model and modelRef.</summary>
    public ModelTier? Model { get; init; }

    /// <summary>The model by the name of a NemotronModel or of an entry of the built-in catalogue. Exactly one of model and modelRef.</summary>
    public ModelReference? ModelRef { get; init; }

    /// <summary>Where the weights come from. Absent: the model's published checkpoint on Hugging Face.</summary>
    public CheckpointSpec? Checkpoint { get; init; }

    /// <summary>The number format of the weights. Absent: the format of the checkpoint as the catalogue has it (BF16 for Nano, Super and Ultra).</summary>
    public Precision? Precision { get; init; }

    /// <summary>GPUs that share each layer of a replica: 1, 2, 4, 8 or 16, since it must divide the model's query heads. Absent: the smallest that fits, shown in status.plan.</summary>
    [EnumValues(1, 2, 4, 8, 16)]
    public int? TensorParallel { get; init; }

    /// <summary>Stages that the layers of a replica are split into; a replica takes tensorParallel × pipelineParallel GPUs. Absent: 1; or, where no tensor-parallel group on one node or in one NVLink domain holds the model, the fewest that do, each on nodes of its own.</summary>
    [RangeMinimum(1), RangeMaximum(16)]
    public int? PipelineParallel { get; init; }

    /// <summary>Longest sequence, prompt and output together, in tokens. Absent: the model's own maximum as far as the KV cache holds it.</summary>
    [RangeMinimum(128), RangeMaximum(16_777_216)]
    public long? MaxContextTokens { get; init; }

    /// <summary>Most requests that one replica runs at once. Absent: as many as the memory plan allows.</summary>
    [RangeMinimum(1), RangeMaximum(16_384)]
    public int? MaxConcurrentRequests { get; init; }

    /// <summary>The KV cache: where the engine keeps the attention state of running sequences.</summary>
    public KvCacheSpec? KvCache { get; init; }

    /// <summary>Whether the model thinks before it answers, and who decides.</summary>
    [DefaultValue("{}")]
    public ReasoningSpec? Reasoning { get; init; }

    /// <summary>The serving engine.</summary>
    [DefaultValue("{}")]
    public EngineSpec? Engine { get; init; }

    /// <summary>Further environment variables of the engine's container. Names that the operator sets itself are refused in the Accepted condition.</summary>
    [Items(maxItems: 128), XListType(XListType.Map), XListMapKeys("name")]
    public IList<V1EnvVar>? Env { get; init; }

    /// <summary>Further volumes of the pods.</summary>
    [Items(maxItems: 64), XListType(XListType.Map), XListMapKeys("name")]
    public IList<V1Volume>? Volumes { get; init; }

    /// <summary>Where the engine's container mounts them.</summary>
    [Items(maxItems: 64), XListType(XListType.Map), XListMapKeys("mountPath")]
    public IList<V1VolumeMount>? VolumeMounts { get; init; }

    /// <summary>What else the pods get: labels, node constraints, CPU and memory, security.</summary>
    public PodTemplateSpec? PodTemplate { get; init; }

    /// <summary>What replicas over several nodes get; of no effect on others.</summary>
    public MultiNodeSpec? MultiNode { get; init; }

    /// <summary>The GpuNodePool the replicas run in. Absent: any pool in which a replica fits.</summary>
    [Length(1, 63), Pattern(Patterns.DnsLabel)]
    public string? NodePool { get; init; }

    /// <summary>Who gets GPUs first when there are too few: the higher number. A NemotronFleet may say otherwise.</summary>
    [DefaultValue(0), RangeMinimum(-1000), RangeMaximum(1000)]
    public int? Priority { get; init; }

    /// <summary>
    /// How many replicas are wanted; written by kubectl scale, an HPA or KEDA too. Absent without autoscaling: 1.
    /// An HPA can only read the scale of an object in which the field is set. Not together with autoscaling.
    /// </summary>
    [RangeMinimum(0), RangeMaximum(10_000)]
    public int? Replicas { get; init; }

    /// <summary>Lets the operator own the number of replicas. Not together with replicas.</summary>
    public AutoscalingSpec? Autoscaling { get; init; }

    /// <summary>How a change of the pods reaches running replicas.</summary>
    [DefaultValue("{}")]
    public RolloutSpec? Rollout { get; init; }

    /// <summary>How a replica is taken away.</summary>
    [DefaultValue("{}")]
    public DrainSpec? Drain { get; init; }

    /// <summary>The sidecar in front of the engine, which holds the declared reasoning mode, counts what is in flight and drains.</summary>
    [DefaultValue("{}")]
    public GatewaySpec? Gateway { get; init; }

    /// <summary>The Service that clients use.</summary>
    public ServiceOptions? Service { get; init; }

    /// <summary>What Prometheus is told.</summary>
    public MonitoringSpec? Monitoring { get; init; }

    /// <summary>Who may reach the pods.</summary>
    public NetworkPolicySpec? NetworkPolicy { get; init; }
}
