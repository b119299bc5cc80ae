namespace Nemotron.Planning;

/// <summary>nemotron_h: layers of one kind each, Mamba-2, plain MLP or attention, in the order of a pattern (facts A.5).</summary>
internal static class NemotronHConfig
{
    public static ModelArchitecture Read(DocumentNode root)
    {
        if (root.Optional("num_nextn_predict_layers") is { } predicted && predicted.Int(0, 64) > 0)
            throw predicted.Error("layers for multi-token prediction are not planned");
        if (root.Optional("sliding_window") is { } window)
            throw window.Error("a sliding window is not known in nemotron_h");
        var layers = root.Optional("hybrid_override_pattern") is { } pattern
            ? FromPattern(root, pattern)
            : FromNames(root, root.Optional("layers_block_type")
                ?? throw root.Error("hybrid_override_pattern", "is required, or layers_block_type"));
        var declared = ConfigFigures.Layers(root);
        return layers.Count == declared
            ? ConfigFigures.Architecture(root, layers)
            : throw root.Error("num_hidden_layers", $"says {declared}, but the pattern has {layers.Count} layers");
    }

    private static List<LayerRun> FromPattern(DocumentNode root, DocumentNode pattern)
    {
        var text = pattern.Text();
        var layers = new List<LayerRun>(text.Length);
        for (var at = 0; at < text.Length; at++)
        {
            layers.Add(new LayerRun(1, text[at] switch
            {
                'M' => Mamba(root),
                '-' => Mlp(root),
                '*' => Attention(root),
                'E' => throw pattern.Error($"layer {at} is a mixture of experts ('E'), which is not planned"),
                var other => throw pattern.Error($"layer {at} is '{other}'; M, - and * are understood"),
            }));
        }
        return layers;
    }

    private static List<LayerRun> FromNames(DocumentNode root, DocumentNode names) =>
        [.. names.Items().Select(name => new LayerRun(1, name.Text() switch
        {
            "mamba" => Mamba(root),
            "mlp" => Mlp(root),
            "attention" => Attention(root),
            var other => throw name.Error($"'{other}' layers are not planned; mamba, mlp and attention are"),
        }))];

    private static LayerSpec Mamba(DocumentNode root)
    {
        var heads = root.Required("mamba_num_heads").Int(1, 1 << 14);
        var groups = root.Required("n_groups");
        var kernel = root.Required("conv_kernel").Int(1, 64);
        var spec = new MambaSpec
        {
            Heads = heads,
            HeadDim = root.Required("mamba_head_dim").Int(1, 1 << 14),
            Groups = groups.Int(1, heads),
            StateSize = root.Required("ssm_state_size").Int(1, 1 << 14),
            ConvKernel = kernel,
            ConvStateColumns = kernel - 1,
            ConvBias = ConfigFigures.Flag(root, "use_conv_bias", fallback: true),
            ProjectionBias = ConfigFigures.Flag(root, "use_bias") || ConfigFigures.Flag(root, "mamba_proj_bias"),
        };
        if (heads % spec.Groups != 0) throw groups.Error($"{spec.Groups} groups do not divide {heads} Mamba heads");
        if ((long)heads * spec.HeadDim > 1 << 20) throw root.Error("mamba_num_heads", "x mamba_head_dim is over 1048576");
        return new LayerSpec { Mamba = spec };
    }

    private static LayerSpec Mlp(DocumentNode root) => new()
    {
        Ffn = new FfnSpec(
            root.Required("intermediate_size").Int(1, ConfigFigures.MaxWidth), Gated: false, ConfigFigures.Flag(root, "mlp_bias")),
    };

    // Not hidden / heads: Nano-9B-v2 has 40 heads of 128 on a hidden size of 4480. 128 is the configuration class's own default.
    private static int HeadDim(DocumentNode root) =>
        (root.Optional("head_dim") ?? root.Optional("attention_head_dim"))?.Int(1, 1 << 14) ?? 128;

    private static LayerSpec Attention(DocumentNode root)
    {
        var heads = ConfigFigures.QueryHeads(root);
        return new LayerSpec
        {
            Attention = ConfigFigures.Attention(
                root, heads, root.Required("num_key_value_heads").Int(1, heads),
                HeadDim(root), ConfigFigures.Flag(root, "attention_bias")),
        };
    }
}
