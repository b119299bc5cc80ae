namespace Nemotron.Planning;

/// <summary>The figures that every understood <c>config.json</c> writes alike.</summary>
internal static class ConfigFigures
{
    public const int MaxWidth = 1 << 22;
    private const int MaxHeads = 1 << 14;

    public static int Hidden(DocumentNode root) => root.Required("hidden_size").Int(1, 1 << 18);

    public static int Layers(DocumentNode root) => root.Required("num_hidden_layers").Int(1, ModelArchitecture.MaxLayers);

    public static int QueryHeads(DocumentNode root) => root.Required("num_attention_heads").Int(1, MaxHeads);

    public static bool Flag(DocumentNode root, string key, bool fallback = false) => root.Optional(key)?.Bool() ?? fallback;

    public static ModelArchitecture Architecture(DocumentNode root, IEnumerable<LayerRun> layers) => new(
        Hidden(root),
        root.Required("vocab_size").Int(1, 1 << 24),
        Flag(root, "tie_word_embeddings"),
        root.Required("max_position_embeddings").Int(1, 1 << 24),
        layers);

    /// <summary>The head width as written, or the hidden size over the heads, as Llama defines it.</summary>
    public static int HeadDim(DocumentNode root)
    {
        if (root.Optional("head_dim") is { } given) return given.Int(1, MaxHeads);
        var (hidden, heads) = (Hidden(root), QueryHeads(root));
        return hidden % heads == 0
            ? hidden / heads
            : throw root.Error("num_attention_heads", $"{heads} heads do not divide hidden_size {hidden}, and head_dim is absent");
    }

    public static AttentionSpec Attention(DocumentNode at, int queryHeads, int kvHeads, int headDim, bool bias, int? window = null)
    {
        if (queryHeads % kvHeads != 0)
            throw at.Error($"{kvHeads} KV heads do not divide {queryHeads} query heads");
        if ((long)queryHeads * headDim > 1 << 20) throw at.Error("heads x head_dim is over 1048576");
        return new AttentionSpec
        {
            QueryHeads = queryHeads,
            KvHeads = kvHeads,
            KeyHeadDim = headDim,
            ValueHeadDim = headDim,
            WindowTokens = window,
            Bias = bias,
        };
    }
}
