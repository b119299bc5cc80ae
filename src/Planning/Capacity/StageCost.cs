namespace Nemotron.Planning.Capacity;

/// <summary>What each GPU of one pipeline stage reads, computes and sends per step, token and sequence; worked out once per replica.</summary>
internal sealed class StageCost
{
    // Activations are bf16. Per token a mixer or FFN reads and writes its input, its norm and the residual: five times the hidden width;
    // the outputs of its projections are written, turned (rotary, activation, quantisation) and read again.
    private const int ActivationBytes = 2;
    private const int HiddenPasses = 5;

    private readonly GpuRates _rates;
    private readonly double _rampTokens;
    private readonly double _blockSeconds;
    private readonly double[] _matrixElements = new double[3];
    private readonly double[] _matrixBytes = new double[3];
    private readonly List<(double Window, double KvBytes, double PairFlops)> _windows = [];
    private readonly double _headElements;
    private readonly double _allReduceShare;
    private readonly int _hidden;
    private readonly int _metaTokens;
    private double _otherWeightBytes;
    private double _kvBytesPerToken;
    private double _pairFlops;
    private double _stateBytes;
    private double _scanFlops;
    private double _activationBytes;

    public StageCost(ReplicaSpec spec, KvPrecision kv, GpuRates rates, HardwareEfficiency efficiency, int from, int to, bool last)
    {
        _rates = rates;
        _rampTokens = efficiency.RampTokens;
        _blockSeconds = efficiency.BlockSeconds;
        var architecture = spec.Model.Architecture;
        var tp = spec.TensorParallel;
        _hidden = architecture.HiddenSize;
        _metaTokens = architecture.MetaTokens;
        _allReduceShare = 2.0 * (tp - 1) / tp * ActivationBytes * _hidden;
        if (last) _headElements = (double)LayerShard.Share(architecture.VocabularySize, tp) * _hidden;

        var table = architecture.Table;
        var shards = table.Shards(tp);
        for (var kind = 0; kind < table.Kinds.Length; kind++)
        {
            var count = table.Count(kind, from, to);
            if (count == 0) continue;
            AddWeights(spec, shards[kind], count);
            AddLayer(spec, table.Kinds[kind], count, kv);
        }
    }

    /// <summary>Mixers and FFNs that exist: a block that was searched away launches nothing and sends nothing.</summary>
    public int Blocks { get; private set; }

    private int AllReduces { get; set; }

    /// <summary>The GPU's time for a share of a step's work, in parts.</summary>
    /// <param name="work">The step.</param>
    /// <param name="share">The share that goes through the stage at once: 1, or one over the micro-batches.</param>
    public StepTime Seconds(in StepWork work, double share)
    {
        double compute = 0, memory = 0;
        var tokens = work.Tokens * share;
        var ramp = work.PrefillTokens > 0 ? _rampTokens : 0;
        for (var precision = 0; precision < _matrixElements.Length; precision++)
        {
            if (_matrixElements[precision] > 0)
                Longer(2 * _matrixElements[precision] * (tokens + ramp) / _rates.MatrixFlops[precision], _matrixBytes[precision], ref compute, ref memory);
        }
        if (_headElements > 0)
            Longer(2 * _headElements * work.Sampled * share / _rates.MatrixFlops[(int)Precision.BF16], 2 * _headElements, ref compute, ref memory);

        var context = (work.DecodeContextTokens + (double)work.DecodeSequences * _metaTokens + work.PrefillContextTokens) * share;
        var pairs = (work.PrefillPairs + (double)work.PrefillTokens * _metaTokens) * share;
        var bytes = _otherWeightBytes + _kvBytesPerToken * context + _activationBytes * tokens
            + 2 * _stateBytes * (work.DecodeSequences + work.PrefillChunks) * share;
        var flops = _pairFlops * pairs + _scanFlops * tokens;
        foreach (var (window, kvBytes, pairFlops) in _windows)
        {
            // By the mean: sequences of one batch are taken to have left the window behind together.
            bytes += kvBytes * Math.Min(context, window * (work.DecodeSequences + work.PrefillChunks) * share);
            flops += pairFlops * Math.Min(pairs, window * work.PrefillTokens * share);
        }
        memory += bytes / _rates.BytesPerSecond;
        compute += flops / _rates.AttentionFlops;
        return new StepTime
        {
            ComputeSeconds = compute,
            MemorySeconds = memory,
            CommunicationSeconds = AllReduces * (_rates.AllReduceSeconds + _allReduceShare * tokens / _rates.LinkBytesPerSecond),
            LaunchSeconds = Blocks * _blockSeconds,
        };
    }

    /// <summary>A step that decodes so many sequences, at least 1, and does nothing else.</summary>
    public DecodeCost Decode(int sequences)
    {
        double compute = 0, memory = 0;
        double tokens = sequences;
        for (var precision = 0; precision < _matrixElements.Length; precision++)
        {
            if (_matrixElements[precision] > 0)
                Longer(2 * _matrixElements[precision] * tokens / _rates.MatrixFlops[precision], _matrixBytes[precision], ref compute, ref memory);
        }
        if (_headElements > 0)
            Longer(2 * _headElements * sequences / _rates.MatrixFlops[(int)Precision.BF16], 2 * _headElements, ref compute, ref memory);
        return new DecodeCost
        {
            ComputeSeconds = compute + _scanFlops * tokens / _rates.AttentionFlops,
            WeightSeconds = memory,
            CommunicationSeconds = AllReduces * (_rates.AllReduceSeconds + _allReduceShare * tokens / _rates.LinkBytesPerSecond),
            LaunchSeconds = Blocks * _blockSeconds,
            OtherWeightBytes = _otherWeightBytes,
            KvBytesPerToken = _kvBytesPerToken,
            ActivationBytes = _activationBytes * tokens,
            StateBytes = 2 * _stateBytes * sequences,
            MetaTokens = (double)sequences * _metaTokens,
            Windows = [.. _windows.Select(item => (item.Window * sequences, item.KvBytes))],
            BytesPerSecond = _rates.BytesPerSecond,
        };
    }

    /// <summary>Handing a share of a step's activations to the next stage.</summary>
    public double HandOverSeconds(in StepWork work, double share) =>
        _rates.HandOverSeconds + (double)ActivationBytes * _hidden * work.Tokens * share / _rates.StageBytesPerSecond;

    // Weights stream in while the tensor cores work: the longer of the two is what it takes.
    private void Longer(double computeSeconds, double weightBytes, ref double compute, ref double memory)
    {
        var read = weightBytes / _rates.BytesPerSecond;
        if (computeSeconds > read) compute += computeSeconds;
        else memory += read;
    }

    private void AddWeights(ReplicaSpec spec, in TensorTally shard, int count)
    {
        Matrices(TensorClass.Attention, shard.Attention, shard.AttentionMatrices);
        Matrices(TensorClass.Ffn, shard.Ffn, shard.FfnMatrices);
        Matrices(TensorClass.Mamba, shard.Mamba, shard.MambaMatrices);
        _otherWeightBytes += 2.0 * count * (shard.Norm + shard.Conv);

        void Matrices(TensorClass tensors, long elements, long matrices)
        {
            var precision = WeightBytes.Quantised(spec.Model, tensors, spec.Precision);
            _matrixElements[(int)precision] += (double)count * elements;
            _matrixBytes[(int)precision] += (double)count * WeightBytes.Matrices(elements, matrices, precision);
        }
    }

    private void AddLayer(ReplicaSpec spec, LayerSpec layer, int count, KvPrecision kv)
    {
        var tp = spec.TensorParallel;
        if (layer.Attention is { } attention) AddAttention(attention, count, tp, kv);
        if (layer.Mamba is { } mamba) AddMamba(mamba, count, tp, spec.Model.SsmState);
        if (layer.LinearAttention) AddBlock(count, 2.0 * LayerShard.Share(_hidden, tp));
        if (layer.Ffn is { } ffn) AddBlock(count, (ffn.Gated ? 6.0 : 4.0) * LayerShard.Share(ffn.Width, tp));
        if (layer.LinearFfn) AddBlock(count, 2.0 * LayerShard.Share(_hidden, tp));
        if (layer.Attention is not null || layer.Mamba is not null || layer.LinearAttention) AllReduces += count;
        if (layer.Ffn is not null || layer.LinearFfn) AllReduces += count;
    }

    private void AddBlock(int count, double innerElements)
    {
        Blocks += count;
        _activationBytes += (double)count * ActivationBytes * (HiddenPasses * (double)_hidden + innerElements);
    }

    private void AddAttention(AttentionSpec attention, int count, int tp, KvPrecision kv)
    {
        double query = (double)LayerShard.Share(attention.QueryHeads, tp) * attention.KeyHeadDim;
        double value = (double)LayerShard.Share(attention.QueryHeads, tp) * attention.ValueHeadDim;
        double cached = (double)attention.KvHeadsPerGpu(tp) * (attention.KeyHeadDim + attention.ValueHeadDim);
        AddBlock(count, 4 * (query + (attention.StoresCache ? cached : 0)) + 2 * value);
        // A layer that reads another's cache still reads it.
        var kvBytes = (double)count * CacheBytes.Kv((long)cached, kv);
        // One multiply-add per element of the query and one per element of the value, for each pair.
        var pairFlops = 2.0 * count * (query + value);
        if (attention.WindowTokens is { } window)
        {
            _windows.Add((window, kvBytes, pairFlops));
            return;
        }
        _kvBytesPerToken += kvBytes;
        _pairFlops += pairFlops;
    }

    private void AddMamba(MambaSpec mamba, int count, int tp, StatePrecision state)
    {
        double inner = mamba.InnerPerGpu(tp);
        double projected = 2 * inner + 2.0 * mamba.GroupsPerGpu(tp) * mamba.StateSize;
        AddBlock(count, 4 * projected + 2 * inner);
        _stateBytes += (double)count * CacheBytes.StatePerSequence(mamba, tp, state);
        // Decay, input and output of the state: three multiply-adds per channel and state element.
        _scanFlops += 6.0 * count * inner * mamba.StateSize;
    }
}
