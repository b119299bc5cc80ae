namespace Nemotron.Planning;

/// <summary>Reads the <c>architecture</c> part of a model file: sizes, named blocks, and the layers as repeated sequences of block names.</summary>
internal static class ArchitectureYaml
{
    public const int MaxContext = 1 << 24;
    private const int MaxHidden = 1 << 18;
    private const int MaxVocabulary = 1 << 24;
    private const int MaxFfnWidth = 1 << 22;
    private const int MaxHeads = 1 << 14;
    private const int MaxHeadDim = 1 << 14;
    private const int MaxInnerWidth = 1 << 20;

    public static ModelArchitecture Read(DocumentNode node)
    {
        var hidden = node.Required("hiddenSize").Int(1, MaxHidden);
        var blocks = ReadBlocks(node.Required("blocks"));
        var declared = node.Required("layerCount").Int(1, ModelArchitecture.MaxLayers);
        var runs = ReadRuns(node.Required("layers"), blocks, declared);
        var architecture = new ModelArchitecture(
            hidden,
            node.Required("vocabularySize").Int(1, MaxVocabulary),
            node.Required("tiedEmbeddings").Bool(),
            node.Required("maxContextTokens").Int(1, MaxContext),
            runs,
            node.Optional("metaTokens")?.Int(0, 1 << 16) ?? 0);
        node.Finish();
        return architecture;
    }

    private static Dictionary<string, LayerSpec> ReadBlocks(DocumentNode node)
    {
        var blocks = node.Keys.ToDictionary(name => name, name => ReadBlock(node.Required(name)), StringComparer.Ordinal);
        return blocks.Count > 0 ? blocks : throw node.Error("names no block");
    }

    private static List<LayerRun> ReadRuns(DocumentNode node, Dictionary<string, LayerSpec> blocks, int declared)
    {
        var runs = new List<LayerRun>();
        var used = new HashSet<string>(StringComparer.Ordinal);
        long total = 0;
        foreach (var item in node.Items())
        {
            var repeat = item.Optional("repeat")?.Int(1, ModelArchitecture.MaxLayers) ?? 1;
            var names = item.Required("blocks");
            var sequence = names.Items();
            if (sequence.Count == 0) throw names.Error("names no block");
            item.Finish();
            total += (long)repeat * sequence.Count;
            if (total > declared) break;
            var specs = sequence.Select(name => Block(name, blocks, used)).ToArray();
            if (specs.Length == 1) runs.Add(new LayerRun(repeat, specs[0]));
            else
                for (var i = 0; i < repeat; i++) runs.AddRange(specs.Select(spec => new LayerRun(1, spec)));
        }
        if (total != declared)
            throw node.Error(total > declared
                ? $"the runs add up to {total} layers or more, but layerCount says {declared}"
                : $"the runs add up to {total} layers, but layerCount says {declared}");
        if (blocks.Keys.FirstOrDefault(name => !used.Contains(name)) is { } unused)
            throw node.Error($"no run uses block '{unused}'");
        return runs;
    }

    private static LayerSpec Block(DocumentNode name, Dictionary<string, LayerSpec> blocks, HashSet<string> used)
    {
        var text = name.Text();
        used.Add(text);
        return blocks.TryGetValue(text, out var block)
            ? block
            : throw name.Error($"there is no block '{text}'; known: {string.Join(", ", blocks.Keys)}");
    }

    private static LayerSpec ReadBlock(DocumentNode node)
    {
        var layer = new LayerSpec
        {
            Attention = node.Optional("attention") is { } attention ? ReadAttention(attention) : null,
            LinearAttention = node.Optional("linearAttention")?.Bool() ?? false,
            Mamba = node.Optional("mamba") is { } mamba ? ReadMamba(mamba) : null,
            Ffn = node.Optional("ffn") is { } ffn ? ReadFfn(ffn) : null,
            LinearFfn = node.Optional("linearFfn")?.Bool() ?? false,
        };
        node.Finish();
        if (layer.LinearAttention && (layer.Attention is not null || layer.Mamba is not null))
            throw node.Error("linearAttention stands in place of attention and mamba, not beside them");
        if (layer.LinearFfn && layer.Ffn is not null) throw node.Error("linearFfn stands in place of ffn, not beside it");
        return layer;
    }

    private static AttentionSpec ReadAttention(DocumentNode node)
    {
        var headDim = node.Required("headDim").Int(1, MaxHeadDim);
        var spec = new AttentionSpec
        {
            QueryHeads = node.Required("queryHeads").Int(1, MaxHeads),
            KvHeads = node.Required("kvHeads").Int(1, MaxHeads),
            KeyHeadDim = headDim,
            ValueHeadDim = node.Optional("valueHeadDim")?.Int(1, MaxHeadDim) ?? headDim,
            WindowTokens = node.Optional("windowTokens")?.Int(1, MaxContext),
            StoresCache = node.Optional("storesCache")?.Bool() ?? true,
            Bias = node.Optional("bias")?.Bool() ?? false,
        };
        node.Finish();
        if (spec.QueryHeads % spec.KvHeads != 0)
            throw node.Error("kvHeads", $"{spec.KvHeads} KV heads do not divide {spec.QueryHeads} query heads");
        if ((long)spec.QueryHeads * Math.Max(spec.KeyHeadDim, spec.ValueHeadDim) > MaxInnerWidth)
            throw node.Error($"queryHeads x headDim is over {MaxInnerWidth}");
        return spec;
    }

    private static FfnSpec ReadFfn(DocumentNode node)
    {
        var spec = new FfnSpec(
            node.Required("width").Int(1, MaxFfnWidth), node.Required("gated").Bool(), node.Optional("bias")?.Bool() ?? false);
        node.Finish();
        return spec;
    }

    private static MambaSpec ReadMamba(DocumentNode node)
    {
        var kernel = node.Required("convKernel").Int(1, 64);
        var version = node.Optional("version")?.Int(1, 2) ?? 2;
        var spec = new MambaSpec
        {
            Version = version,
            Heads = version == 1 ? 1 : node.Required("heads").Int(1, MaxHeads),
            HeadDim = version == 1 ? node.Required("innerWidth").Int(1, MaxInnerWidth) : node.Required("headDim").Int(1, MaxHeadDim),
            Groups = version == 1 ? 1 : node.Required("groups").Int(1, MaxHeads),
            StateSize = node.Required("stateSize").Int(1, 1 << 14),
            ConvKernel = kernel,
            ConvStateColumns = node.Optional("convStateColumns")?.Int(0, 64) ?? kernel - 1,
            TimeStepRank = version == 1 ? node.Required("timeStepRank").Int(1, MaxHidden) : 0,
            ConvBias = node.Optional("convBias")?.Bool() ?? true,
            ProjectionBias = node.Optional("projectionBias")?.Bool() ?? false,
        };
        node.Finish();
        if ((long)spec.Heads * spec.HeadDim > MaxInnerWidth) throw node.Error($"heads x headDim is over {MaxInnerWidth}");
        if (spec.Heads % spec.Groups != 0)
            throw node.Error("groups", $"{spec.Groups} groups do not divide {spec.Heads} heads");
        return spec;
    }
}
