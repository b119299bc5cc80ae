using static Nemotron.Engines.Metrics.Dialects.TrtLlmServeDialects;
using static Nemotron.Engines.Metrics.EngineSignal;

namespace Nemotron.Engines.Metrics.Dialects;

/// <summary>vLLM's own, NIM 1.x's copy of it without prefix, and NIM 2.x, which is vLLM.</summary>
internal static class VllmDialects
{
    private const string FractionOnly = "vLLM publishes the KV cache as a fraction only";
    private const string NoIterations = "vLLM publishes no iteration count";

    public static readonly MetricDialect Vllm = new()
    {
        Name = DialectName.Vllm,
        Title = "vLLM",
        Markers = ["vllm:num_requests_running", "vllm:num_requests_waiting", "vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc", "vllm:generation_tokens_total"],
        Tokens = Movement.EachIteration,
        Gauges = Movement.EachIteration,
        Rules = new Dictionary<EngineSignal, SignalRule>
        {
            [Running] = SignalRule.From(Gauge("vllm:num_requests_running")),
            [Waiting] = SignalRule.From(Gauge("vllm:num_requests_waiting")),
            // 0 to 1, for all that it is called "perc"; the second is its name before the V1 engine.
            [KvUsedFraction] = SignalRule.From(
                Gauge("vllm:kv_cache_usage_perc") with { Across = Combine.Max },
                Gauge("vllm:gpu_cache_usage_perc") with { Across = Combine.Max }),
            [KvUsedBlocks] = SignalRule.Never(FractionOnly),
            [KvTotalBlocks] = SignalRule.Never(FractionOnly),
            [KvTokensPerBlock] = SignalRule.Never(FractionOnly),
            [KvUsedTokens] = SignalRule.Never(FractionOnly),
            [KvTotalTokens] = SignalRule.Never(FractionOnly),
            [PromptTokens] = SignalRule.From(Counter("vllm:prompt_tokens_total")),
            [GenerationTokens] = SignalRule.From(Counter("vllm:generation_tokens_total")),
            // The one counter holds every end; only newer versions tell errors apart.
            [RequestsSucceeded] = SignalRule.From(Ended(false, "abort", "error")),
            [RequestsFailed] = SignalRule.From(Ended(true, "error")),
            [Iterations] = SignalRule.Never(NoIterations),
            [TimeToFirstToken] = SignalRule.From(Histogram("vllm:time_to_first_token_seconds")),
            [TimePerOutputToken] = SignalRule.From(
                Histogram("vllm:inter_token_latency_seconds"),
                Histogram("vllm:request_time_per_output_token_seconds"),
                Histogram("vllm:time_per_output_token_seconds")),
            [QueueTime] = SignalRule.From(Histogram("vllm:request_queue_time_seconds")),
            [RequestTime] = SignalRule.From(Histogram("vllm:e2e_request_latency_seconds")),
        },
    };

    public static readonly MetricDialect Nim1 = new()
    {
        Name = DialectName.Nim1,
        Title = "NIM 1.x",
        Markers = ["num_requests_running", "num_requests_waiting", "gpu_cache_usage_perc", "num_request_max", "request_finish_total"],
        Tokens = Movement.EachIteration,
        Gauges = Movement.EachIteration,
        Rules = new Dictionary<EngineSignal, SignalRule>
        {
            [Running] = SignalRule.From(Gauge("num_requests_running")),
            [Waiting] = SignalRule.From(Gauge("num_requests_waiting")),
            [KvUsedFraction] = SignalRule.From(Gauge("gpu_cache_usage_perc") with { Across = Combine.Max }),
            [KvUsedBlocks] = SignalRule.Never("NIM 1.x publishes the KV cache as a fraction only"),
            [KvTotalBlocks] = SignalRule.Never("NIM 1.x publishes the KV cache as a fraction only"),
            [KvTokensPerBlock] = SignalRule.Never("NIM 1.x publishes the KV cache as a fraction only"),
            [KvUsedTokens] = SignalRule.Never("NIM 1.x publishes the KV cache as a fraction only"),
            [KvTotalTokens] = SignalRule.Never("NIM 1.x publishes the KV cache as a fraction only"),
            [PromptTokens] = SignalRule.From(Counter("prompt_tokens_total")),
            [GenerationTokens] = SignalRule.From(Counter("generation_tokens_total")),
            [RequestsSucceeded] = SignalRule.From(Counter("request_finish_total")),
            [RequestsFailed] = SignalRule.Never("NIM 1.x counts no failed requests"),
            [Iterations] = SignalRule.Never("NIM 1.x publishes no iteration count"),
            [TimeToFirstToken] = SignalRule.From(Histogram("time_to_first_token_seconds")),
            [TimePerOutputToken] = SignalRule.From(Histogram("time_per_output_token_seconds")),
            [QueueTime] = SignalRule.Never("NIM 1.x does not publish the time in queue"),
            [RequestTime] = SignalRule.From(Histogram("e2e_request_latency_seconds")),
        },
    };

    private static SignalSource Ended(bool wanted, params string[] reasons) =>
        Counter("vllm:request_success_total") with { Match = new LabelMatch("finished_reason", wanted, reasons) };

    public static readonly MetricDialect Nim2 = Vllm with { Name = DialectName.Nim2, Title = "NIM 2.x (vLLM)" };
}
