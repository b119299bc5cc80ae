namespace Nemotron.Planning;

/// <summary>The arithmetic of one pipeline stage: sums over its kinds of layer, and what the memory then holds.</summary>
internal readonly ref struct StageMath
{
    public const int TrtLlmBlockTokens = 32;
    public const int VllmBlockTokens = 16;
    public const int SglangBlockTokens = 1;

    public required ModelEntry Model { get; init; }
    public required Precision Precision { get; init; }
    public required KvPrecision Kv { get; init; }
    public required StatePrecision Ssm { get; init; }
    public required EngineKind Engine { get; init; }
    public required double Fraction { get; init; }
    public required long GpuBytes { get; init; }
    public required int ContextTokens { get; init; }
    public required int BatchedTokens { get; init; }

    /// <summary>Figures of a stage.</summary>
    public StageFigures Stage(int tp, int stages, int stage)
    {
        var architecture = Model.Architecture;
        var table = architecture.Table;
        var (from, to) = StageSplit.Of(table.LayerCount, stages, stage, Engine);
        var weights = LayerTable.Edges(architecture, tp, stage == 0, stage == stages - 1, stages == 1);
        var shards = table.Shards(tp);
        long kvPerToken = 0, state = 0, largestState = 0, largestKv = 0;
        int attentionLayers = 0, mambaLayers = 0;
        for (var kind = 0; kind < shards.Length; kind++)
        {
            var count = table.Count(kind, from, to);
            if (count == 0) continue;
            weights.Add(shards[kind], count);
            var layer = table.Kinds[kind];
            if (layer.Attention is { StoresCache: true } attention)
            {
                var perToken = CacheBytes.KvPerToken(attention, tp, Kv);
                kvPerToken += count * perToken;
                largestKv = Math.Max(largestKv, perToken);
                attentionLayers += count;
            }
            if (layer.Mamba is { } mamba)
            {
                var perSequence = CacheBytes.StatePerSequence(mamba, tp, Ssm);
                state += count * perSequence;
                largestState = Math.Max(largestState, perSequence);
                mambaLayers += count;
            }
        }

        var block = Engine switch { EngineKind.Vllm => VllmBlockTokens, EngineKind.Sglang => SglangBlockTokens, _ => TrtLlmBlockTokens };
        long page = 0;
        if (Engine == EngineKind.Vllm && attentionLayers > 0 && mambaLayers > 0 && !table.HasWindows)
        {
            // vLLM raises the attention block until its page holds a Mamba state, and pads the state to that page (facts B.2).
            block = (int)(VllmBlockTokens * ((largestState + VllmBlockTokens * largestKv - 1) / (VllmBlockTokens * largestKv)));
            page = block * largestKv;
        }

        var weightBytes = WeightBytes.Of(weights, Precision, Model);
        var used = weightBytes + MemoryReserve.ActivationBytes(BatchedTokens, architecture.WidestAttention, tp)
            + MemoryReserve.NcclBytes(tp * stages);
        var figures = new StageFigures
        {
            FromLayer = from,
            ToLayer = to,
            WeightBytes = weightBytes,
            KvBytesPerToken = kvPerToken,
            StateBytesPerSequence = state,
            BudgetBytes = MemoryReserve.CacheBudgetBytes(Engine, Fraction, GpuBytes, used),
            PaddingBytes = Engine == EngineKind.Vllm ? 0 : state,
            AttentionLayers = attentionLayers,
            MambaLayers = mambaLayers,
            BlockTokens = block,
            PageBytes = page,
        };
        return figures with { BytesPerSequence = SequenceBytes(figures, tp, ContextTokens) };
    }

    /// <summary>Cache and state of one sequence on each GPU of the stage.</summary>
    public long SequenceBytes(in StageFigures stage, int tp, int contextTokens)
    {
        var architecture = Model.Architecture;
        var blocks = CacheBytes.RoundUp((long)contextTokens + architecture.MetaTokens, stage.BlockTokens) / stage.BlockTokens;
        if (stage.PageBytes > 0) return (stage.AttentionLayers * blocks + stage.MambaLayers) * stage.PageBytes;
        if (!architecture.Table.HasWindows) return blocks * stage.BlockTokens * stage.KvBytesPerToken + stage.StateBytesPerSequence;
        var bytes = stage.StateBytesPerSequence;
        for (var kind = 0; kind < architecture.Table.Kinds.Length; kind++)
        {
            if (architecture.Table.Kinds[kind].Attention is not { StoresCache: true } attention) continue;
            bytes += architecture.Table.Count(kind, stage.FromLayer, stage.ToLayer) * CacheBytes.KvPerToken(attention, tp, Kv)
                * CacheBytes.KeptTokens(attention, contextTokens, architecture.MetaTokens, stage.BlockTokens);
        }
        return bytes;
    }

    /// <summary>
    /// Tokens that the stage holds beside the state and meta tokens of the asked number of sequences, in whole blocks, counting a token in
    /// every layer that stores one: a promise that holds however the tokens are spread. <see cref="long.MaxValue"/> without KV cache.
    /// </summary>
    public long KvTokens(in StageFigures stage, int concurrency)
    {
        if (stage.KvBytesPerToken == 0) return long.MaxValue;
        if (stage.PageBytes > 0)
        {
            var pages = stage.BudgetBytes / stage.PageBytes - (long)concurrency * stage.MambaLayers;
            return Math.Max(0, pages) / stage.AttentionLayers * stage.BlockTokens;
        }
        var perSequence = stage.StateBytesPerSequence + Model.Architecture.MetaTokens * stage.KvBytesPerToken;
        var left = stage.BudgetBytes - stage.PaddingBytes;
        // Compared by division: the product can be larger than a long.
        left = perSequence > 0 && left / perSequence < concurrency ? 0 : left - concurrency * perSequence;
        return Math.Max(0, left) / (stage.KvBytesPerToken * stage.BlockTokens) * stage.BlockTokens;
    }

    /// <summary>The longest context of which the stage holds the asked number of sequences; 0 if none.</summary>
    public int LargestContext(in StageFigures stage, int tp, int concurrency, int atMost)
    {
        var perSequence = Math.Max(0, stage.BudgetBytes - stage.PaddingBytes) / concurrency;
        int fits = 0, tooLong = atMost + 1;
        while (tooLong - fits > 1)
        {
            var tried = fits + (tooLong - fits) / 2;
            if (SequenceBytes(stage, tp, tried) <= perSequence) fits = tried;
            else tooLong = tried;
        }
        return fits;
    }
}
