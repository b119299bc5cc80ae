using System.Text.Json.Serialization;
using Nemotron.Crds.Attributes;

namespace Nemotron.Crds;

/// <summary>How a model is told to think or not.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ReasoningGrammar>))]
public enum ReasoningGrammar
{
    /// <summary>It cannot be told.</summary>
    None,

    /// <summary>A system message "detailed thinking on" or "detailed thinking off".</summary>
    DetailedThinking,

    /// <summary>Thinks unless the system message has /no_think.</summary>
    NoThink,

    /// <summary>/think or /no_think in a system or user message; the last one wins.</summary>
    ThinkNoThink,

    /// <summary>A system message {'reasoning': True} or {'reasoning': False}.</summary>
    ReasoningDictionary,

    /// <summary>The chat template's argument enable_thinking.</summary>
    EnableThinking,
}

/// <summary>A part of the weights.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<WeightPart>))]
public enum WeightPart
{
    /// <summary>The token embedding.</summary>
    Embedding,

    /// <summary>The output projection to the vocabulary.</summary>
    LmHead,

    /// <summary>Projections of attention layers.</summary>
    Attention,

    /// <summary>Feed-forward layers.</summary>
    Ffn,

    /// <summary>Projections of Mamba layers.</summary>
    Mamba,

    /// <summary>Convolutions of Mamba layers.</summary>
    Convolution,
}

/// <summary>The architecture: given layer by layer, or read from the checkpoint's config.json in a ConfigMap.</summary>
[ValidationRule(
    "has(self.architecture) != has(self.hfConfigMapRef)",
    message: "exactly one of architecture and hfConfigMapRef must be set")]
public sealed record NemotronModelSpec
{
    /// <summary>The Hugging Face repository that deployments of the model load when they name no checkpoint.</summary>
    public HuggingFaceCheckpoint? HuggingFace { get; init; }

    /// <summary>The number format of the checkpoint. Absent: BF16.</summary>
    public Precision? Precision { get; init; }

    /// <summary>Parts of the weights that FP8 and NVFP4 checkpoints of the model keep in BF16. Absent: Embedding and LmHead.</summary>
    [Items(maxItems: 6), XListType(XListType.Set)]
    public IReadOnlyList<WeightPart>? KeptInBF16 { get; init; }

    /// <summary>Longest sequence the model was made for, in tokens. Absent: from config.json.</summary>
    [RangeMinimum(128), RangeMaximum(16_777_216)]
    public long? MaxContextTokens { get; init; }

    /// <summary>How the model is told to think or not. None: it cannot be told, and reasoning.default must be left Off.</summary>
    [DefaultValue(Crds.ReasoningGrammar.None)]
    public ReasoningGrammar? ReasoningGrammar { get; init; }

    /// <summary>The architecture, layer by layer. Exactly one of architecture and hfConfigMapRef.</summary>
    public ModelArchitecture? Architecture { get; init; }

    /// <summary>A ConfigMap with the checkpoint's config.json (Llama, nemotron-nas and nemotron_h are understood). Exactly one of architecture and hfConfigMapRef.</summary>
    public ConfigMapKeyReference? HfConfigMapRef { get; init; }
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

    /// <summary>The key. Absent: config.json.</summary>
    [DefaultValue("config.json"), Length(1, 253), Pattern("^[-._A-Za-z0-9]+$")]
    public string? Key { get; init; }
}
