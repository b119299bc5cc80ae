namespace Nemotron.Planning;

/// <summary>Llama: equal layers of attention and a gated FFN.</summary>
internal static class LlamaConfig
{
    public static ModelArchitecture Read(DocumentNode root)
    {
        var heads = ConfigFigures.QueryHeads(root);
        var kvHeads = root.Optional("num_key_value_heads")?.Int(1, heads) ?? heads;
        var layer = new LayerSpec
        {
            Attention = ConfigFigures.Attention(
                root, heads, kvHeads, ConfigFigures.HeadDim(root), ConfigFigures.Flag(root, "attention_bias")),
            Ffn = new FfnSpec(
                root.Required("intermediate_size").Int(1, ConfigFigures.MaxWidth), Gated: true, ConfigFigures.Flag(root, "mlp_bias")),
        };
        return ConfigFigures.Architecture(root, [new LayerRun(ConfigFigures.Layers(root), layer)]);
    }
}
