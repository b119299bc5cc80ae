namespace Nemotron.Planning;

/// <summary>What each GPU of one pipeline stage holds. All figures are bytes per GPU unless named otherwise.</summary>
public readonly record struct StageFigures
{
    /// <summary>First layer index.</summary>
    public int FromLayer { get; init; }

    /// <summary>Layer index after the last.</summary>
    public int ToLayer { get; init; }

    /// <summary>Weights.</summary>
    public long WeightBytes { get; init; }

    /// <summary>KV cache per token, over the layers that store one.</summary>
    public long KvBytesPerToken { get; init; }

    /// <summary>Convolution and SSM state per sequence.</summary>
    public long StateBytesPerSequence { get; init; }

    /// <summary>KV cache and state of one sequence of the asked context, in whole blocks or pages.</summary>
    public long BytesPerSequence { get; init; }

    /// <summary>What the engine takes for cache and state.</summary>
    public long BudgetBytes { get; init; }

    /// <summary>State kept besides that of the sequences: TensorRT-LLM's padding slot for CUDA graphs.</summary>
    public long PaddingBytes { get; init; }

    /// <summary>Sequences of the asked context that the budget holds; <see cref="long.MaxValue"/> where the stage stores nothing.</summary>
    public long MaxSequences => BytesPerSequence == 0 ? long.MaxValue : Math.Max(0, BudgetBytes - PaddingBytes) / BytesPerSequence;

    internal int AttentionLayers { get; init; }

    internal int MambaLayers { get; init; }

    /// <summary>Tokens per cache block.</summary>
    public int BlockTokens { get; init; }

    /// <summary>Bytes of vLLM's common page where attention and Mamba share one pool; else 0.</summary>
    public long PageBytes { get; init; }
}
