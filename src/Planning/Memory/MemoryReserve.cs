namespace Nemotron.Planning;

/// <summary>
/// What is neither weights nor cache, by one rule for every model. Activations and NCCL buffers are subtracted with the weights;
/// of the rest the engine takes its fraction, and never more than leaves <see cref="RuntimeFloorBytes"/> for the CUDA context,
/// CUDA graphs and the allocator. <c>docs/memory-plan.md</c> holds the rule against the published figures.
/// </summary>
public static class MemoryReserve
{
    /// <summary>Left to the CUDA context, CUDA graphs and allocator slack at the least: 1 GiB per GPU.</summary>
    public const long RuntimeFloorBytes = 1L << 30;

    private const long MiB = 1L << 20;
    private const long ActivationFloorBytes = 70 * MiB;

    // SGLang leaves 1.5 MiB per token of a prefill chunk to activations and CUDA graphs, chunks being shorter on smaller GPUs, and a
    // fixed part besides. That part is what explains the cache of the one measured server that ran out of it (docs/capacity-model.md).
    private const long SglangFixedBytes = 3584 * MiB;

    /// <summary>
    /// The engine's memory fraction when the request names none: 0.95 of what is free for TensorRT-LLM, 0.9 of the GPU for vLLM;
    /// SGLang sets a size aside, so its fraction depends on the GPU.
    /// </summary>
    /// <param name="engine">The engine.</param>
    /// <param name="gpuBytes">Memory of the GPU.</param>
    public static double DefaultFraction(EngineKind engine, long gpuBytes) => engine switch
    {
        EngineKind.Vllm => 0.9,
        EngineKind.Sglang => Math.Round(Math.Max(0.01, 1 - SglangSetAsideBytes(gpuBytes) / (double)gpuBytes), 3),
        _ => 0.95,
    };

    private static long SglangSetAsideBytes(long gpuBytes)
    {
        var chunkTokens = gpuBytes < 35L << 30 ? 2048 : gpuBytes < 60L << 30 ? 4096 : 8192;
        return SglangFixedBytes + chunkTokens * 3 * MiB / 2;
    }

    /// <summary>
    /// Activations of one forward pass: 2 bytes × tokens × widest attention × a factor measured per tensor-parallel degree
    /// (11, 6.5, 5 for 1, 2, 4 and more), and 70 MiB at the least. The factors are aiconfigurator's (facts B.3).
    /// </summary>
    /// <param name="tokens">Tokens in the pass.</param>
    /// <param name="widestAttention">Query heads × head width, or the hidden size where larger.</param>
    /// <param name="tensorParallel">GPUs in the group, at least 1.</param>
    public static long ActivationBytes(int tokens, int widestAttention, int tensorParallel)
    {
        var halves = tensorParallel switch { 1 => 22, < 4 => 13, _ => 10 };
        return Math.Max(ActivationFloorBytes, (long)tokens * widestAttention * halves);
    }

    /// <summary>NCCL buffers by the number of GPUs that talk to each other: none, 342 MiB from 2, 392 MiB from 4 (facts B.3).</summary>
    /// <param name="gpus">Tensor-parallel degree × pipeline stages.</param>
    public static long NcclBytes(int gpus) => gpus switch { 1 => 0, < 4 => 342 * MiB, _ => 392 * MiB };

    /// <summary>Whether an engine's fraction is one of the whole GPU, with the weights in it, and not of what they leave free.</summary>
    /// <param name="engine">The engine.</param>
    public static bool TakesOfTheWholeGpu(EngineKind engine) => engine is EngineKind.Vllm or EngineKind.Sglang;

    /// <summary>What an engine takes for KV cache and state; 0 where the weights leave nothing.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="fraction">Its memory fraction.</param>
    /// <param name="gpuBytes">Memory of the GPU.</param>
    /// <param name="usedBytes">Weights, activations and NCCL buffers.</param>
    public static long CacheBudgetBytes(EngineKind engine, double fraction, long gpuBytes, long usedBytes)
    {
        var free = gpuBytes - usedBytes;
        var taken = TakesOfTheWholeGpu(engine)
            ? (long)(gpuBytes * fraction) - usedBytes
            : (long)(free * fraction);
        return Math.Max(0, Math.Min(taken, free - RuntimeFloorBytes));
    }
}
