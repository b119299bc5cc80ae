using static Nemotron.Engines.Metrics.EngineSignal;

namespace Nemotron.Engines.Metrics.Dialects;

/// <summary>trtllm-serve's two, before and after its metrics got a prefix.</summary>
internal static class TrtLlmServeDialects
{
    private const string FiveFamilies = "trtllm-serve 1.1 and 1.2 publish five families of ended requests only";

    public static readonly MetricDialect Version12 = new()
    {
        Name = DialectName.TrtLlmServe12,
        Title = "trtllm-serve 1.1–1.2",
        // The others are NIM 1.x's words too.
        Markers = ["request_queue_time_seconds_count"],
        Tokens = Movement.Unknown,
        Gauges = Movement.Unknown,
        Rules = new Dictionary<EngineSignal, SignalRule>
        {
            [Running] = SignalRule.Never(FiveFamilies),
            [Waiting] = SignalRule.Never(FiveFamilies),
            [KvUsedFraction] = SignalRule.Never(FiveFamilies),
            [KvUsedBlocks] = SignalRule.Never(FiveFamilies),
            [KvTotalBlocks] = SignalRule.Never(FiveFamilies),
            [KvTokensPerBlock] = SignalRule.Never(FiveFamilies),
            [KvUsedTokens] = SignalRule.Never(FiveFamilies),
            [KvTotalTokens] = SignalRule.Never(FiveFamilies),
            [PromptTokens] = SignalRule.Never(FiveFamilies),
            [GenerationTokens] = SignalRule.Never(FiveFamilies),
            [RequestsFailed] = SignalRule.Never(FiveFamilies),
            [Iterations] = SignalRule.Never(FiveFamilies),
            [RequestsSucceeded] = SignalRule.From(Counter("request_success_total")),
            [TimeToFirstToken] = SignalRule.From(Histogram("time_to_first_token_seconds")),
            [TimePerOutputToken] = SignalRule.From(Histogram("time_per_output_token_seconds")),
            [QueueTime] = SignalRule.From(Histogram("request_queue_time_seconds")),
            [RequestTime] = SignalRule.From(Histogram("e2e_request_latency_seconds")),
        },
    };

    public static readonly MetricDialect Version13 = new()
    {
        Name = DialectName.TrtLlmServe13,
        Title = "trtllm-serve 1.3",
        Markers =
        [
            "trtllm_request_success_total", "trtllm_num_requests_running", "trtllm_num_requests_waiting", "trtllm_kv_cache_utilization", "trtllm_kv_cache_hit_rate",
            "trtllm_model_config_info", "trtllm_parallel_config_info", "trtllm_kv_cache_config_info", "trtllm_e2e_request_latency_seconds_count",
        ],
        // The collector sleeps until a request ends, and then drains what has gathered.
        Tokens = Movement.AtCompletion,
        Gauges = Movement.AtCompletion,
        Rules = new Dictionary<EngineSignal, SignalRule>
        {
            [Running] = SignalRule.From(Gauge("trtllm_num_requests_running")),
            [Waiting] = SignalRule.From(Gauge("trtllm_num_requests_waiting")),
            [KvUsedFraction] = new() { Sources = [Gauge("trtllm_kv_cache_utilization") with { Across = Combine.Max }], Derived = (KvUsedBlocks, '/', KvTotalBlocks) },
            [KvUsedBlocks] = SignalRule.From(Gauge("trtllm_kv_cache_used_blocks")),
            [KvTotalBlocks] = SignalRule.From(Gauge("trtllm_kv_cache_max_blocks")),
            [KvTokensPerBlock] = SignalRule.From(Gauge("trtllm_kv_cache_tokens_per_block") with { Across = Combine.Max }),
            [KvUsedTokens] = SignalRule.Product(KvUsedBlocks, KvTokensPerBlock),
            [KvTotalTokens] = SignalRule.Product(KvTotalBlocks, KvTokensPerBlock),
            [PromptTokens] = SignalRule.From(Counter("trtllm_prompt_tokens_total")),
            [GenerationTokens] = SignalRule.From(Counter("trtllm_generation_tokens_total")),
            [RequestsSucceeded] = SignalRule.From(Counter("trtllm_request_success_total")),
            [RequestsFailed] = SignalRule.From(Counter("trtllm_request_error_total")),
            [Iterations] = SignalRule.Never("trtllm-serve publishes no iteration count"),
            [TimeToFirstToken] = SignalRule.From(Histogram("trtllm_time_to_first_token_seconds")),
            [TimePerOutputToken] = SignalRule.From(Histogram("trtllm_time_per_output_token_seconds")),
            [QueueTime] = SignalRule.From(Histogram("trtllm_request_queue_time_seconds")),
            [RequestTime] = SignalRule.From(Histogram("trtllm_e2e_request_latency_seconds")),
        },
    };

    internal static SignalSource Gauge(string metric) => new(metric, SourceKind.Gauge);

    internal static SignalSource Counter(string metric) => new(metric, SourceKind.Counter);

    internal static SignalSource Histogram(string metric) => new(metric, SourceKind.Histogram);
}
