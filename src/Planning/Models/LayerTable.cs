namespace Nemotron.Planning;

/// <summary>What is worked out once per model so that a plan costs microseconds: distinct layers and how many of each lie below every index.</summary>
internal sealed class LayerTable
{
    private readonly int[] _countsBelow;
    private int[]? _allowedByTrtLlm;
    private int[]? _allowedByVllm;
    private readonly TensorTally[]?[] _shards = new TensorTally[TensorParallelRules.Largest + 1][];
    private readonly int _hidden;

    public LayerTable(ModelArchitecture architecture)
    {
        Kinds = [.. architecture.Runs.Select(run => run.Layer).Distinct()];
        var index = Kinds.Select((kind, at) => (kind, at)).ToDictionary(pair => pair.kind, pair => pair.at);
        LayerCount = architecture.LayerCount;
        _hidden = architecture.HiddenSize;
        _countsBelow = new int[(LayerCount + 1) * Kinds.Length];
        var layer = 0;
        foreach (var run in architecture.Runs)
        {
            for (var i = 0; i < run.Count; i++, layer++)
            {
                Array.Copy(_countsBelow, layer * Kinds.Length, _countsBelow, (layer + 1) * Kinds.Length, Kinds.Length);
                _countsBelow[(layer + 1) * Kinds.Length + index[run.Layer]]++;
            }
        }

        var whole = Edges(architecture, 1, first: true, last: true, onlyStage: true);
        WidestAttention = architecture.HiddenSize;
        for (var kind = 0; kind < Kinds.Length; kind++)
        {
            var count = Count(kind, 0, LayerCount);
            whole.Add(Shards(1)[kind], count);
            if (Kinds[kind].Mamba is not null) MambaLayers += count;
            if (Kinds[kind].Ffn is { } ffn) WidestFfnColumns = Math.Max(WidestFfnColumns, ffn.Width * (ffn.Gated ? 2 : 1));
            if (Kinds[kind].Attention is not { } attention) continue;
            WidestAttention = Math.Max(WidestAttention, attention.QueryHeads * attention.KeyHeadDim);
            HasWindows |= attention is { StoresCache: true, WindowTokens: not null };
        }
        Parameters = whole;
    }

    public LayerSpec[] Kinds { get; }

    public int LayerCount { get; }

    public int MambaLayers { get; }

    public int WidestAttention { get; }

    public bool HasWindows { get; }

    /// <summary>Columns that the widest FFN computes at once: its width, twice when gated.</summary>
    public int WidestFfnColumns { get; }

    public TensorTally Parameters { get; }

    /// <summary>One GPU's share of each kind of layer, worked out on first use of the degree. Two threads may both do it; either result serves.</summary>
    public TensorTally[] Shards(int tp)
    {
        if (_shards[tp] is { } known) return known;
        var shards = new TensorTally[Kinds.Length];
        for (var kind = 0; kind < Kinds.Length; kind++) shards[kind] = LayerShard.Of(Kinds[kind], _hidden, tp);
        return _shards[tp] = shards;
    }

    /// <summary>Layers of a kind in the half-open index range.</summary>
    public int Count(int kind, int from, int to) => _countsBelow[to * Kinds.Length + kind] - _countsBelow[from * Kinds.Length + kind];

    /// <summary>The tensor-parallel degrees that split the model evenly, ascending.</summary>
    public int[] AllowedDegrees(ModelArchitecture architecture, EngineKind engine) => engine == EngineKind.Vllm
        ? _allowedByVllm ??= Degrees(architecture, engine)
        : _allowedByTrtLlm ??= Degrees(architecture, engine);

    private static int[] Degrees(ModelArchitecture architecture, EngineKind engine) =>
        [.. Enumerable.Range(1, TensorParallelRules.Largest)
            .Where(degree => TensorParallelRules.Objection(architecture, degree, engine) is null)];

    /// <summary>Embedding, final norm and LM head, as far as a pipeline stage holds them.</summary>
    public static TensorTally Edges(ModelArchitecture architecture, int tp, bool first, bool last, bool onlyStage)
    {
        var tally = new TensorTally();
        long rows = (long)LayerShard.Share(architecture.VocabularySize, tp) * architecture.HiddenSize;
        if (first) tally.Embedding += rows + (long)architecture.MetaTokens * architecture.HiddenSize;
        if (!last) return tally;
        tally.Norm += architecture.HiddenSize;
        // A tied head on another stage than the embedding needs its own copy there.
        if (!architecture.TiedEmbeddings) tally.LmHead += rows;
        else if (!onlyStage) tally.Embedding += rows;
        return tally;
    }
}
