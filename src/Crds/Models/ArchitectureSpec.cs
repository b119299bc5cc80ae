using Nemotron.Crds.Attributes;

namespace Nemotron.Crds;

/// <summary>An architecture: sizes, the kinds of layer by name, and the layers in order as repeated sequences of these names.</summary>
[ValidationRule(
    "self.layers.all(run, run.blocks.all(name, name in self.blocks))",
    fieldPath: ".layers",
    message: "every name under layers must be one of blocks")]
public sealed record ArchitectureSpec
{
    /// <summary>Width of the residual stream.</summary>
    [RangeMinimum(1), RangeMaximum(262_144)]
    public required int HiddenSize { get; init; }

    /// <summary>Tokens of the vocabulary.</summary>
    [RangeMinimum(1), RangeMaximum(16_777_216)]
    public required int VocabularySize { get; init; }

    /// <summary>Whether the output head is the embedding itself.</summary>
    [DefaultValue(false)]
    public bool? TiedEmbeddings { get; init; }

    /// <summary>Longest sequence the model was made for, in tokens.</summary>
    [RangeMinimum(128), RangeMaximum(16_777_216)]
    public required int MaxContextTokens { get; init; }

    /// <summary>Learned tokens that stand before every sequence and are cached with it.</summary>
    [DefaultValue(0), RangeMinimum(0), RangeMaximum(65_536)]
    public int? MetaTokens { get; init; }

    /// <summary>How many layers there are, empty ones included. What layers adds up to must be the same: a guard against slips.</summary>
    [RangeMinimum(1), RangeMaximum(2048)]
    public required int LayerCount { get; init; }

    /// <summary>The kinds of layer, by names of your choice. A kind with nothing in it is an empty layer, as architecture search leaves some.</summary>
    [PropertyLimits(1, 64)]
    public required IReadOnlyDictionary<string, BlockSpec> Blocks { get; init; }

    /// <summary>The layers in order.</summary>
    [Items(1, 512)]
    public required IReadOnlyList<LayerRunSpec> Layers { get; init; }
}

/// <summary>A sequence of layers, repeated.</summary>
public sealed record LayerRunSpec
{
    /// <summary>How often the sequence stands in a row.</summary>
    [DefaultValue(1), RangeMinimum(1), RangeMaximum(2048)]
    public int? Repeat { get; init; }

    /// <summary>The sequence, by the names under blocks.</summary>
    [Items(1, 16), Length(1, 63)]
    public required IReadOnlyList<string> Blocks { get; init; }
}

/// <summary>A kind of layer. Attention and mamba together run side by side.</summary>
[ValidationRule(
    "!self.linearAttention || (!has(self.attention) && !has(self.mamba))",
    fieldPath: ".linearAttention",
    message: "stands in place of attention and mamba, not beside them")]
[ValidationRule("!self.linearFfn || !has(self.ffn)", fieldPath: ".linearFfn", message: "stands in place of ffn, not beside it")]
public sealed record BlockSpec
{
    /// <summary>Attention. Absent: none.</summary>
    public AttentionBlock? Attention { get; init; }

    /// <summary>Whether one matrix, hiddenSize by hiddenSize, stands in place of attention; nothing is cached.</summary>
    [DefaultValue(false)]
    public bool? LinearAttention { get; init; }

    /// <summary>A Mamba mixer. Absent: none.</summary>
    public MambaBlock? Mamba { get; init; }

    /// <summary>A feed-forward layer. Absent: none.</summary>
    public FfnBlock? Ffn { get; init; }

    /// <summary>Whether one matrix, hiddenSize by hiddenSize, stands in place of the feed-forward layer.</summary>
    [DefaultValue(false)]
    public bool? LinearFfn { get; init; }
}

/// <summary>Attention.</summary>
[ValidationRule("self.queryHeads % self.kvHeads == 0", fieldPath: ".kvHeads", message: "must divide queryHeads")]
public sealed record AttentionBlock
{
    /// <summary>Query heads. tensorParallel must divide them.</summary>
    [RangeMinimum(1), RangeMaximum(16_384)]
    public required int QueryHeads { get; init; }

    /// <summary>Heads of keys and values.</summary>
    [RangeMinimum(1), RangeMaximum(16_384)]
    public required int KvHeads { get; init; }

    /// <summary>Width of a query and a key head.</summary>
    [RangeMinimum(1), RangeMaximum(16_384)]
    public required int HeadDim { get; init; }

    /// <summary>Width of a value head. Absent: as headDim.</summary>
    [RangeMinimum(1), RangeMaximum(16_384)]
    public int? ValueHeadDim { get; init; }

    /// <summary>Tokens the layer looks back on and caches. Absent: all.</summary>
    [RangeMinimum(1), RangeMaximum(16_777_216)]
    public int? WindowTokens { get; init; }

    /// <summary>False for a layer that reads the cache of an earlier one: it has no projections for keys and values and stores nothing.</summary>
    [DefaultValue(true)]
    public bool? StoresCache { get; init; }

    /// <summary>Whether the projections have a bias.</summary>
    [DefaultValue(false)]
    public bool? Bias { get; init; }
}

/// <summary>A feed-forward layer.</summary>
public sealed record FfnBlock
{
    /// <summary>Its inner width.</summary>
    [RangeMinimum(1), RangeMaximum(4_194_304)]
    public required int Width { get; init; }

    /// <summary>Whether it has a gate: three matrices instead of two.</summary>
    public required bool Gated { get; init; }

    /// <summary>Whether the matrices have a bias.</summary>
    [DefaultValue(false)]
    public bool? Bias { get; init; }
}

/// <summary>A Mamba mixer. Version 2 has heads and groups; version 1 has an inner width and a low-rank time step.</summary>
[ValidationRule(
    "self.version == 1 || (has(self.heads) && has(self.headDim) && has(self.groups))",
    message: "heads, headDim and groups must be set with version 2")]
[ValidationRule(
    "self.version == 2 || (has(self.innerWidth) && has(self.timeStepRank))",
    message: "innerWidth and timeStepRank must be set with version 1")]
[ValidationRule(
    "self.version == 1 ? !has(self.heads) && !has(self.headDim) && !has(self.groups) : !has(self.innerWidth) && !has(self.timeStepRank)",
    message: "heads, headDim and groups are of version 2, innerWidth and timeStepRank of version 1")]
[ValidationRule(
    "!has(self.heads) || !has(self.groups) || self.heads % self.groups == 0",
    fieldPath: ".groups",
    message: "must divide heads")]
public sealed record MambaBlock
{
    /// <summary>1 or 2.</summary>
    [DefaultValue(2), EnumValues(1, 2)]
    public int? Version { get; init; }

    /// <summary>Heads. tensorParallel must divide them. Version 2.</summary>
    [RangeMinimum(1), RangeMaximum(16_384)]
    public int? Heads { get; init; }

    /// <summary>Channels of a head. Version 2.</summary>
    [RangeMinimum(1), RangeMaximum(16_384)]
    public int? HeadDim { get; init; }

    /// <summary>Groups of heads that share B and C. Version 2.</summary>
    [RangeMinimum(1), RangeMaximum(16_384)]
    public int? Groups { get; init; }

    /// <summary>Channels of the mixer. Version 1.</summary>
    [RangeMinimum(1), RangeMaximum(1_048_576)]
    public int? InnerWidth { get; init; }

    /// <summary>Rank of the time-step projection. Version 1.</summary>
    [RangeMinimum(1), RangeMaximum(262_144)]
    public int? TimeStepRank { get; init; }

    /// <summary>State elements of a channel.</summary>
    [RangeMinimum(1), RangeMaximum(16_384)]
    public required int StateSize { get; init; }

    /// <summary>Taps of the convolution.</summary>
    [RangeMinimum(1), RangeMaximum(64)]
    public required int ConvKernel { get; init; }

    /// <summary>Inputs of the convolution that are kept between steps. Absent: one fewer than taps.</summary>
    [RangeMinimum(0), RangeMaximum(64)]
    public int? ConvStateColumns { get; init; }

    /// <summary>Whether the convolution has a bias.</summary>
    [DefaultValue(true)]
    public bool? ConvBias { get; init; }

    /// <summary>Whether the projections in and out have a bias.</summary>
    [DefaultValue(false)]
    public bool? ProjectionBias { get; init; }
}
