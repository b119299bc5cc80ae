using System.Text.Json.Serialization;
using Nemotron.Crds.Attributes;

namespace Nemotron.Crds;

/// <summary>The format of a Mamba layer's recurrent state.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<StatePrecision>))]
public enum StatePrecision
{
    /// <summary>Two bytes an element.</summary>
    BF16,

    /// <summary>Four bytes an element.</summary>
    FP32,
}

/// <summary>Matrices that a quantised checkpoint may keep in BF16.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<QuantisablePart>))]
public enum QuantisablePart
{
    /// <summary>Projections of attention layers.</summary>
    Attention,

    /// <summary>Feed-forward matrices.</summary>
    Ffn,

    /// <summary>Projections of Mamba layers.</summary>
    Mamba,
}

/// <summary>
/// A model as the catalogue has it, and under the same names: what config/models/*.yaml says can be copied here.
/// The architecture is given layer by layer, or read from the checkpoint's config.json in a ConfigMap.
/// </summary>
[ValidationRule(
    "has(self.architecture) != has(self.hfConfigMapRef)",
    message: "exactly one of architecture and hfConfigMapRef must be set")]
public sealed record NemotronModelSpec
{
    /// <summary>The published name, for people.</summary>
    [Length(1, 128)]
    public string? DisplayName { get; init; }

    /// <summary>Published weights. Deployments that name no checkpoint load the first of their precision.</summary>
    [Items(maxItems: 16), XListType(XListType.Map), XListMapKeys("id")]
    public IReadOnlyList<ModelCheckpoint>? Checkpoints { get; init; }

    /// <summary>Whether the checkpoint is loaded through Python code of its own. Deployments must then set checkpoint.trustRemoteCode.</summary>
    [DefaultValue(false)]
    public bool? RemoteCode { get; init; }

    /// <summary>The engines that can serve the model. Absent: all.</summary>
    [Items(maxItems: 2), XListType(XListType.Set)]
    public IReadOnlyList<EngineKind>? Engines { get; init; }

    /// <summary>How the model is told to think or not.</summary>
    [DefaultValue("{}")]
    public ModelReasoning? Reasoning { get; init; }

    /// <summary>
    /// The chat template, which the gateway renders where the engine takes prompts only (Triton): that of LlamaNemotron (Nano, Super v1, Ultra), LlamaNemotronV15 (Super v1.5), NemotronH or
    /// NemotronNanoV2. Absent: not known; behind Triton the gateway then hands prompts on as they are.
    /// </summary>
    public ChatTemplate? ChatTemplate { get; init; }

    /// <summary>TensorRT-LLM's parsers for the model's output, by release. Absent: none is set unless a deployment names one.</summary>
    [Items(maxItems: 8), XListType(XListType.Map), XListMapKeys("since")]
    public IReadOnlyList<ModelParsers>? Parsers { get; init; }

    /// <summary>Matrices that FP8 and NVFP4 checkpoints of the model keep in BF16, besides embedding, output head, norms and convolution, which all do.</summary>
    [Items(maxItems: 3), XListType(XListType.Set)]
    public IReadOnlyList<QuantisablePart>? KeptInBf16 { get; init; }

    /// <summary>The format of the Mamba layers' state. FP32 is the larger and the safe choice.</summary>
    [DefaultValue(StatePrecision.FP32)]
    public StatePrecision? SsmState { get; init; }

    /// <summary>The architecture, layer by layer. Exactly one of architecture and hfConfigMapRef.</summary>
    public ArchitectureSpec? Architecture { get; init; }

    /// <summary>A ConfigMap with the checkpoint's config.json (Llama, nemotron-nas and nemotron_h are understood). Exactly one of architecture and hfConfigMapRef.</summary>
    public ConfigMapKeyReference? HfConfigMapRef { get; init; }
}

/// <summary>Published weights of a model.</summary>
public sealed record ModelCheckpoint
{
    /// <summary>The repository on Hugging Face, owner and name.</summary>
    [Length(3, 200), Pattern(Patterns.HuggingFaceId)]
    public required string Id { get; init; }

    /// <summary>The number format of its large matrices.</summary>
    [DefaultValue(Crds.Precision.BF16)]
    public Precision? Precision { get; init; }

    /// <summary>The longest sequence it was made for, in tokens, where it differs from the model's.</summary>
    [RangeMinimum(1), RangeMaximum(16_777_216)]
    public int? MaxContextTokens { get; init; }
}

/// <summary>TensorRT-LLM's parsers for a model's output.</summary>
[ValidationRule("has(self.reasoning) || has(self.tool)", message: "reasoning, tool or both must be set")]
public sealed record ModelParsers
{
    /// <summary>The first release of TensorRT-LLM that has them, such as 1.2.0 or 1.3.0rc11.</summary>
    [Length(1, 32), Pattern(Patterns.TrtLlmRelease)]
    public required string Since { get; init; }

    /// <summary>The parser of reasoning traces, such as nano-v3.</summary>
    [Length(1, 64), Pattern(Patterns.ParserName)]
    public string? Reasoning { get; init; }

    /// <summary>The parser of tool calls, such as qwen3_coder.</summary>
    [Length(1, 64), Pattern(Patterns.ParserName)]
    public string? Tool { get; init; }
}

/// <summary>A key of a ConfigMap.</summary>
public sealed record ConfigMapKeyReference
{
    /// <summary>The ConfigMap's namespace.</summary>
    [Length(1, 63), Pattern(Patterns.DnsLabel)]
    public required string Namespace { get; init; }

    /// <summary>The ConfigMap's name.</summary>
    [Length(1, 253), Pattern(Patterns.DnsSubdomain)]
    public required string Name { get; init; }

    /// <summary>The key.</summary>
    [DefaultValue("config.json"), Length(1, 253), Pattern("^[-._A-Za-z0-9]+$")]
    public string? Key { get; init; }
}
