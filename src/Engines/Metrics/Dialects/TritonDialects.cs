using static Nemotron.Engines.Metrics.EngineSignal;

namespace Nemotron.Engines.Metrics.Dialects;

/// <summary>Triton's two: with TensorRT-LLM's own families, and without.</summary>
internal static class TritonDialects
{
    private const string NoCount = "Triton's llmapi model publishes nv_inference_* only, which has no count of running or waiting requests and nothing of the KV cache";
    private const string NoTokens = "Triton's llmapi model publishes no token counts";

    // In an ensemble each step counts the same request under its own model: the largest is the number of requests.
    private static SignalSource PerModel(string metric) => new(metric, SourceKind.Counter, Combine.MaxOfModels);

    private static readonly Dictionary<EngineSignal, SignalRule> Common = new()
    {
        [RequestsSucceeded] = SignalRule.From(PerModel("nv_inference_request_success")),
        [RequestsFailed] = SignalRule.From(PerModel("nv_inference_request_failure") with { Match = new LabelMatch("reason", false, "CANCELED") }),
        [TimeToFirstToken] = SignalRule.From(new SignalSource("nv_inference_first_response_histogram_ms", SourceKind.Histogram, Scale: 1e-3)),
        [TimePerOutputToken] = SignalRule.Never("Triton does not measure the time between tokens"),
        [QueueTime] = SignalRule.Never("Triton's queue time ends when the back end takes the request, which TensorRT-LLM does at once: it says nothing of the engine's own queue"),
        [RequestTime] = SignalRule.Never("Triton reports request durations as a running total without a distribution"),
    };

    public static readonly MetricDialect LlmApi = new()
    {
        Name = DialectName.TritonLlmApi,
        Title = "Triton, llmapi model",
        Markers = ["nv_inference_request_success", "nv_inference_count", "nv_model_load_duration_secs"],
        Tokens = Movement.Unknown,
        Gauges = Movement.Unknown,
        Rules = new Dictionary<EngineSignal, SignalRule>(Common)
        {
            [Running] = SignalRule.Never(NoCount),
            [Waiting] = SignalRule.Never(NoCount),
            [KvUsedFraction] = SignalRule.Never(NoCount),
            [KvUsedBlocks] = SignalRule.Never(NoCount),
            [KvTotalBlocks] = SignalRule.Never(NoCount),
            [KvTokensPerBlock] = SignalRule.Never(NoCount),
            [KvUsedTokens] = SignalRule.Never(NoCount),
            [KvTotalTokens] = SignalRule.Never(NoCount),
            [PromptTokens] = SignalRule.Never(NoTokens),
            [GenerationTokens] = SignalRule.Never(NoTokens),
            [Iterations] = SignalRule.Never("Triton's llmapi model publishes no iteration count"),
        },
    };

    public static readonly MetricDialect TrtLlm = new()
    {
        Name = DialectName.TritonTrtLlm,
        Title = "Triton, TensorRT-LLM back end",
        Markers = ["nv_trt_llm_request_metrics", "nv_trt_llm_kv_cache_block_metrics", "nv_trt_llm_general_metrics"],
        Tokens = Movement.AtCompletion,
        Gauges = Movement.EachIteration,
        Rules = new Dictionary<EngineSignal, SignalRule>(Common)
        {
            // "active" is running and waiting together.
            [Running] = SignalRule.From(Request("scheduled")),
            [Waiting] = SignalRule.From(Request("waiting")),
            [KvUsedFraction] = new() { Sources = [Kv("fraction") with { Across = Combine.Max }], Derived = (KvUsedBlocks, '/', KvTotalBlocks) },
            [KvUsedBlocks] = SignalRule.From(Kv("used")),
            [KvTotalBlocks] = SignalRule.From(Kv("max")),
            [KvTokensPerBlock] = SignalRule.From(Kv("tokens_per") with { Across = Combine.Max }),
            [KvUsedTokens] = SignalRule.Product(KvUsedBlocks, KvTokensPerBlock),
            [KvTotalTokens] = SignalRule.Product(KvTotalBlocks, KvTokensPerBlock),
            // Triton has no token counter: the sum of the lengths of ended answers is one.
            [PromptTokens] = SignalRule.From(new SignalSource("nv_llm_input_token_len_sum", SourceKind.Counter)),
            [GenerationTokens] = SignalRule.From(new SignalSource("nv_llm_output_token_len_sum", SourceKind.Counter)),
            [Iterations] = SignalRule.From(new SignalSource("nv_trt_llm_general_metrics", SourceKind.Gauge) { Match = new LabelMatch("general_type", true, "iteration_counter") }),
        },
    };

    private static SignalSource Request(string type) => new("nv_trt_llm_request_metrics", SourceKind.Gauge) { Match = new LabelMatch("request_type", true, type) };

    private static SignalSource Kv(string type) => new("nv_trt_llm_kv_cache_block_metrics", SourceKind.Gauge) { Match = new LabelMatch("kv_cache_block_type", true, type) };
}
