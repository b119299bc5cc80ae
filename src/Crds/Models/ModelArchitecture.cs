using System.Text.Json.Serialization;
using Nemotron.Crds.Attributes;

namespace Nemotron.Crds;

/// <summary>An architecture, layer by layer.</summary>
public sealed record ModelArchitecture
{
    /// <summary>Width of the residual stream.</summary>
    [RangeMinimum(1), RangeMaximum(1_048_576)]
    public required int HiddenSize { get; init; }

    /// <summary>Tokens of the vocabulary.</summary>
    [RangeMinimum(1), RangeMaximum(16_777_216)]
    public required int VocabularySize { get; init; }

    /// <summary>Whether the output projection is the embedding itself.</summary>
    [DefaultValue(false)]
    public bool? TiedEmbeddings { get; init; }

    /// <summary>Query heads of every attention layer. tensorParallel must divide it.</summary>
    [RangeMinimum(1), RangeMaximum(4096)]
    public required int QueryHeads { get; init; }

    /// <summary>Width of a query and a key head.</summary>
    [RangeMinimum(1), RangeMaximum(4096)]
    public required int HeadDim { get; init; }

    /// <summary>Width of a value head. Absent: as headDim.</summary>
    [RangeMinimum(1), RangeMaximum(4096)]
    public int? ValueHeadDim { get; init; }

    /// <summary>Learned tokens that stand before every sequence and are cached with it.</summary>
    [DefaultValue(0), RangeMinimum(0), RangeMaximum(65_536)]
    public int? MetaTokens { get; init; }

    /// <summary>The layers in order, like ones in a row as one entry.</summary>
    [Items(1, 512)]
    public required IReadOnlyList<LayerRun> Layers { get; init; }
}

/// <summary>Like layers in a row. A layer with none of attention, mamba and ffn is empty, as architecture search leaves some.</summary>
public sealed record LayerRun
{
    /// <summary>How many.</summary>
    [DefaultValue(1), RangeMinimum(1), RangeMaximum(4096)]
    public int? Count { get; init; }

    /// <summary>Attention. Absent: none.</summary>
    public AttentionLayer? Attention { get; init; }

    /// <summary>A Mamba mixer, beside attention where both are set. Absent: none.</summary>
    public MambaLayer? Mamba { get; init; }

    /// <summary>A feed-forward layer. Absent: none.</summary>
    public FfnLayer? Ffn { get; init; }
}

/// <summary>What an attention layer computes.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AttentionKind>))]
public enum AttentionKind
{
    /// <summary>Attention over cached keys and values.</summary>
    Softmax,

    /// <summary>One matrix in its place, hiddenSize by hiddenSize; nothing is cached.</summary>
    Linear,
}

/// <summary>Attention.</summary>
[ValidationRule(
    "self.kind == 'Linear' ? !has(self.kvHeads) : has(self.kvHeads)",
    fieldPath: ".kvHeads",
    message: "must be set with kind Softmax, and only then")]
[ValidationRule(
    "self.kind != 'Linear' || (!has(self.slidingWindow) && !self.sharesKv)",
    message: "slidingWindow and sharesKv are for kind Softmax")]
public sealed record AttentionLayer
{
    /// <summary>Softmax: attention over cached keys and values. Linear: one matrix in its place; nothing is cached.</summary>
    [DefaultValue(AttentionKind.Softmax)]
    public AttentionKind? Kind { get; init; }

    /// <summary>Heads of keys and values. With kind Softmax.</summary>
    [RangeMinimum(1), RangeMaximum(4096)]
    public int? KvHeads { get; init; }

    /// <summary>Tokens the layer looks back on and caches. Absent: all.</summary>
    [RangeMinimum(1), RangeMaximum(16_777_216)]
    public int? SlidingWindow { get; init; }

    /// <summary>Whether the layer uses the keys and values of the nearest layer before it that has its own, and so has no projections for them and caches nothing.</summary>
    [DefaultValue(false)]
    public bool? SharesKv { get; init; }
}

/// <summary>Which Mamba.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MambaVersion>))]
public enum MambaVersion
{
    /// <summary>Mamba-1: a state of inner width × stateSize.</summary>
    Mamba1,

    /// <summary>Mamba-2: heads with a common state.</summary>
    Mamba2,
}

/// <summary>A Mamba mixer. Its inner width is heads × headDim.</summary>
[ValidationRule(
    "self.version == 'Mamba1' || self.heads % self.groups == 0",
    fieldPath: ".groups",
    message: "must divide heads")]
public sealed record MambaLayer
{
    /// <summary>Mamba1 or Mamba2.</summary>
    [DefaultValue(MambaVersion.Mamba2)]
    public MambaVersion? Version { get; init; }

    /// <summary>Heads.</summary>
    [RangeMinimum(1), RangeMaximum(65_536)]
    public required int Heads { get; init; }

    /// <summary>Width of a head.</summary>
    [RangeMinimum(1), RangeMaximum(65_536)]
    public required int HeadDim { get; init; }

    /// <summary>State per channel.</summary>
    [RangeMinimum(1), RangeMaximum(65_536)]
    public required int StateSize { get; init; }

    /// <summary>Groups of heads that share B and C. Mamba2 only.</summary>
    [DefaultValue(1), RangeMinimum(1), RangeMaximum(4096)]
    public int? Groups { get; init; }

    /// <summary>Width of the convolution.</summary>
    [DefaultValue(4), RangeMinimum(1), RangeMaximum(64)]
    public int? ConvKernel { get; init; }

    /// <summary>Rank of the time-step projection. Mamba1 only. Absent: hiddenSize / 16, rounded up.</summary>
    [RangeMinimum(1), RangeMaximum(65_536)]
    public int? TimeStepRank { get; init; }
}

/// <summary>A feed-forward layer.</summary>
public sealed record FfnLayer
{
    /// <summary>Its inner width.</summary>
    [RangeMinimum(1), RangeMaximum(16_777_216)]
    public required int Width { get; init; }

    /// <summary>Whether it has a gate: three matrices instead of two.</summary>
    [DefaultValue(true)]
    public bool? Gated { get; init; }
}
