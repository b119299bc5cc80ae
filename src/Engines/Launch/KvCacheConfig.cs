using Nemotron.Planning;

namespace Nemotron.Engines.Launch;

/// <summary>The <c>kv_cache_config</c> section that trtllm-serve and Triton's llmapi model share (<c>KvCacheConfig</c> in TensorRT-LLM's tensorrt_llm/llmapi/llm_args.py).</summary>
internal static class KvCacheConfig
{
    public static Dictionary<object, object> For(LaunchRequest request, EngineRelease release)
    {
        var section = new Dictionary<object, object>
        {
            ["free_gpu_memory_fraction"] = request.KvFreeMemoryFraction,
            ["enable_block_reuse"] = request.ReusesBlocks,
        };
        if (request.KvMaxTokens > 0) section["max_tokens"] = request.KvMaxTokens;
        if (DataType(request.KvPrecision) is { } dtype) section["dtype"] = dtype;
        // The size is each rank's: it is divided by the rank's own bytes per token (cpp kvCacheManager.cpp, hostCacheSize).
        if (request.HostCacheBytes > 0) section["host_cache_size"] = request.HostCacheBytes / request.Layout.Gpus;
        if (request.MambaState is { } state && release.Has(TrtLlmFeature.MambaStateType))
            section["mamba_ssm_cache_dtype"] = state == StatePrecision.FP32 ? "float32" : "bfloat16";
        return section;
    }

    // "auto" follows the checkpoint's own quantisation, so it is what an unset precision means.
    private static string? DataType(KvPrecision? precision) => precision switch
    {
        null => null,
        KvPrecision.FP8 => "fp8",
        KvPrecision.NVFP4 => "nvfp4",
        _ => "auto",
    };
}
