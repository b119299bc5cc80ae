namespace Nemotron.Planning;

/// <summary>Bytes of KV cache and recurrent state (facts B.1 and B.2).</summary>
public static class CacheBytes
{
    /// <summary>Bytes of KV elements: 2 each for bf16, 1 for FP8, 1/2 plus one FP8 scale per 16 elements for NVFP4.</summary>
    /// <param name="elements">Elements that are stored together, such as one token of one layer.</param>
    /// <param name="precision">The cache's precision.</param>
    public static long Kv(long elements, KvPrecision precision) => precision switch
    {
        KvPrecision.FP8 => elements,
        KvPrecision.NVFP4 => (elements + 1) / 2 + (elements + 15) / 16,
        _ => 2 * elements,
    };

    /// <summary>KV bytes that one layer writes per token on each GPU, KV heads replicated once the group outnumbers them.</summary>
    /// <param name="attention">The layer's attention.</param>
    /// <param name="tensorParallel">GPUs in the group, at least 1.</param>
    /// <param name="precision">The cache's precision.</param>
    public static long KvPerToken(AttentionSpec attention, int tensorParallel, KvPrecision precision) => attention.StoresCache
        ? Kv((long)attention.KvHeadsPerGpu(tensorParallel) * (attention.KeyHeadDim + attention.ValueHeadDim), precision)
        : 0;

    /// <summary>Convolution and SSM state that one layer keeps per sequence on each GPU; the convolution part is in the model's bf16.</summary>
    /// <param name="mamba">The layer's Mamba mixer.</param>
    /// <param name="tensorParallel">GPUs in the group, at least 1.</param>
    /// <param name="ssm">Precision of the SSM part.</param>
    public static long StatePerSequence(MambaSpec mamba, int tensorParallel, StatePrecision ssm) =>
        2 * mamba.ConvStateElements(tensorParallel) + (ssm == StatePrecision.FP32 ? 4 : 2) * mamba.SsmStateElements(tensorParallel);

    /// <summary>Tokens that one attention layer keeps of a sequence: all of it or the window, and the meta tokens, in whole blocks.</summary>
    /// <param name="attention">The layer's attention.</param>
    /// <param name="contextTokens">Length of the sequence.</param>
    /// <param name="metaTokens">Learned tokens before it.</param>
    /// <param name="blockTokens">Tokens per cache block.</param>
    public static long KeptTokens(AttentionSpec attention, long contextTokens, int metaTokens, int blockTokens)
    {
        var kept = attention.WindowTokens is { } window ? Math.Min(contextTokens, window) : contextTokens;
        return RoundUp(kept + metaTokens, blockTokens);
    }

    internal static long RoundUp(long value, long multiple) => (value + multiple - 1) / multiple * multiple;
}
