using Nemotron.Planning;

namespace Nemotron.Engines.Launch;

/// <summary>The <c>kv_cache_config</c> section that trtllm-serve and Triton's llmapi model share.</summary>
internal static class KvCacheConfig
{
    public static Dictionary<object, object> For(LaunchRequest request)
    {
        var section = new Dictionary<object, object>
        {
            ["free_gpu_memory_fraction"] = request.KvFreeMemoryFraction,
            ["enable_block_reuse"] = request.BlockReuse,
        };
        if (request.KvMaxTokens > 0) section["max_tokens"] = request.KvMaxTokens;
        if (DataType(request.KvPrecision) is { } dtype) section["dtype"] = dtype;
        if (request.HostCacheBytes > 0) section["host_cache_size"] = request.HostCacheBytes;
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
