namespace Nemotron.Planning;

/// <summary>
/// nemotron-nas (DeciLM): a Llama of which a search has thinned each block, so that only <c>block_configs</c> says what is there (facts A.1).
/// </summary>
internal static class NasConfig
{
    public static ModelArchitecture Read(DocumentNode root)
    {
        var blocks = root.Required("block_configs");
        var items = blocks.Items();
        var layers = ConfigFigures.Layers(root);
        if (items.Count != layers)
            throw blocks.Error($"has {items.Count} blocks, but num_hidden_layers says {layers}");
        var shape = new Shape(
            ConfigFigures.Hidden(root), ConfigFigures.QueryHeads(root), ConfigFigures.HeadDim(root),
            ConfigFigures.Flag(root, "attention_bias"), ConfigFigures.Flag(root, "mlp_bias"));
        return ConfigFigures.Architecture(root, items.Select(block => new LayerRun(1, ReadBlock(block, shape))).ToArray());
    }

    private readonly record struct Shape(int Hidden, int QueryHeads, int HeadDim, bool AttentionBias, bool FfnBias);

    private static LayerSpec ReadBlock(DocumentNode block, Shape shape)
    {
        var attention = block.Required("attention");
        var ffn = block.Required("ffn");
        RefuseUnplanned(attention, "sparsify", "mamba", "moe", "llama4", "num_sink_tokens");
        RefuseUnplanned(ffn, "sparsify", "moe");
        var layer = LayerSpec.Empty;
        if (!ConfigFigures.Flag(attention, "no_op"))
            layer = ConfigFigures.Flag(attention, "replace_with_linear")
                ? layer with { LinearAttention = true }
                : layer with { Attention = ReadAttention(attention, shape) };
        if (!ConfigFigures.Flag(ffn, "no_op"))
            layer = ConfigFigures.Flag(ffn, "replace_with_linear")
                ? layer with { LinearFfn = true }
                : layer with { Ffn = ReadFfn(ffn, shape) };
        return layer;
    }

    private static AttentionSpec ReadAttention(DocumentNode attention, Shape shape)
    {
        int kvHeads;
        if (attention.Optional("num_key_value_heads") is { } given) kvHeads = given.Int(1, shape.QueryHeads);
        else
        {
            var group = attention.Required("n_heads_in_group");
            var size = group.Int(1, shape.QueryHeads);
            if (shape.QueryHeads % size != 0) throw group.Error($"groups of {size} do not divide {shape.QueryHeads} query heads");
            kvHeads = shape.QueryHeads / size;
        }
        return ConfigFigures.Attention(
            attention, shape.QueryHeads, kvHeads, shape.HeadDim, shape.AttentionBias,
            attention.Optional("window_length")?.Int(1, 1 << 24));
    }

    private static FfnSpec ReadFfn(DocumentNode ffn, Shape shape)
    {
        var gated = ConfigFigures.Flag(ffn, "gated", fallback: true);
        if (ffn.Optional("intermediate_size") is { } given)
            return new FfnSpec(given.Int(1, ConfigFigures.MaxWidth), gated, shape.FfnBias);
        var multiple = ffn.Required("ffn_mult");
        var width = IntermediateSize(multiple.Double(0.000_001, 1000), shape.Hidden);
        return width <= ConfigFigures.MaxWidth
            ? new FfnSpec(width, gated, shape.FfnBias)
            : throw multiple.Error($"gives an FFN of width {width}, over {ConfigFigures.MaxWidth}");
    }

    /// <summary>2 × multiple × hidden / 3, cut to a whole number and rounded up to a multiple of 256, in the engines' own order of operations.</summary>
    internal static int IntermediateSize(double multiple, int hidden) => ((int)(2 * multiple * hidden / 3) + 255) / 256 * 256;

    private static void RefuseUnplanned(DocumentNode part, params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            if (part.Optional(key) is not null) throw part.Error(key, "is set, which the planner does not understand");
        }
    }
}
