namespace Nemotron.Engines.Launch;

/// <summary>Something that a release of TensorRT-LLM can do and an earlier one cannot, as far as starting it goes.</summary>
/// <param name="What">In a few words, to complete "… needs TensorRT-LLM …".</param>
/// <param name="Since">The first release that is known to have it. Where the exact candidate was not found, the first that was seen with it.</param>
/// <param name="Source">Where that is known from: pull requests of NVIDIA/TensorRT-LLM, its documentation, or a file of its repository.</param>
public sealed record TrtLlmFeature(string What, EngineVersion Since, string Source)
{
    /// <summary>Prometheus families at <c>/prometheus/metrics</c>, switched on by <c>return_perf_metrics</c>. Before, the option is unknown and refused.</summary>
    public static readonly TrtLlmFeature PrometheusMetrics = new("Prometheus metrics", new(1, 1), "#5785");

    /// <summary>Names of these families that begin with <c>trtllm_</c>, and KV cache gauges among them.</summary>
    public static readonly TrtLlmFeature PrefixedMetrics = new("metrics of the KV cache", new(1, 3, 0, 5), "#11243, by ai-dynamo/dynamo#6469");

    /// <summary>The type of the Mamba state: <c>kv_cache_config.mamba_ssm_cache_dtype</c>.</summary>
    public static readonly TrtLlmFeature MambaStateType = new("a Mamba state in FP32, for which such models are planned,", new(1, 1), "#6574, merged in August 2025; not in the notes of 1.0");

    /// <summary>Prompts of more than one forward pass for models with Mamba layers.</summary>
    public static readonly TrtLlmFeature HybridChunkedPrefill = new("chunked prefill of models with Mamba layers", new(1, 1), "#6334, opened on 24 July 2025; not in the notes of 1.0");

    /// <summary>Block reuse for models with Mamba layers. Before, the cache manager asserts that it is off.</summary>
    public static readonly TrtLlmFeature HybridBlockReuse = new("block reuse of models with Mamba layers", new(1, 3, 0, 14), "#12896, April 2026; the exact candidate was not found");

    /// <summary>Tool calls parsed out of the text: <c>--tool_parser</c>.</summary>
    public static readonly TrtLlmFeature ToolParser = new("a tool parser", new(1, 2), "#8216, October 2025");

    /// <summary>A chat template in place of the checkpoint's: <c>--chat_template</c>.</summary>
    public static readonly TrtLlmFeature ChatTemplate = new("a chat template of one's own", new(1, 2), "#9297, November 2025");

    /// <summary>A KV cache in NVFP4.</summary>
    public static readonly TrtLlmFeature Nvfp4KvCache = new("an NVFP4 KV cache", new(1, 3, 0, 7), "#11487, March 2026, lists it; of earlier releases nothing was found");

    /// <summary>gRPC with token ids in place of HTTP: <c>--grpc</c>.</summary>
    public static readonly TrtLlmFeature TokenGrpc = new("the gRPC API", new(1, 3, 0, 7), "the command-line documentation of 1.3.0rc7; #11037");

    /// <summary>A limit of thinking tokens in a request: <c>thinking_token_budget</c>.</summary>
    public static readonly TrtLlmFeature ThinkingTokenBudget = new("a thinking budget in requests", new(1, 3, 0, 14), "main in 2026, not in 1.2; the exact candidate was not found");

    /// <summary>All of them, oldest first.</summary>
    public static IReadOnlyList<TrtLlmFeature> All { get; } =
    [
        PrometheusMetrics, MambaStateType, HybridChunkedPrefill, ToolParser, ChatTemplate, PrefixedMetrics, Nvfp4KvCache, TokenGrpc, HybridBlockReuse, ThinkingTokenBudget,
    ];
}
