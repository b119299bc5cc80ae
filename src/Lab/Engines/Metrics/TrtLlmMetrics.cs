using System.Globalization;

namespace Nemotron.Lab.Engines;

/// <summary>
/// <c>/prometheus/metrics</c> of trtllm-serve: Python's client in its multi-process mode. Counters and histograms of requests move when a request is
/// done; gauges show the moment at which the last request was done, and carry a <c>pid</c>; a family without a sample is absent altogether.
/// </summary>
/// <param name="engine">The engine.</param>
internal sealed class TrtLlmMetrics(SimulatedEngine engine)
{
    private const string Pid = "1";

    private readonly TrtLlmGeneration generation = TrtLlmGenerations.Of(engine.Settings.Version);

    private string Prefix => generation == TrtLlmGeneration.Unprefixed ? "" : "trtllm_";

    private bool Full => generation == TrtLlmGeneration.Full;

    private string ModelName => Full ? engine.Settings.ServedName : "undefined";

    private string EngineType => Full ? "pytorch" : "undefined";

    /// <summary>The text; empty before the first request on releases without information gauges.</summary>
    public string Render() => engine.Counters.Read(counters =>
    {
        var text = new Exposition(NumberStyle.Python);
        Requests(text, counters);
        if (generation != TrtLlmGeneration.Unprefixed && engine.Settings.IterationStats && counters.Seen is { } seen) Iterations(text, seen);
        if (Full) Info(text);
        return text.ToString();
    });

    private void Requests(Exposition text, EngineCounters counters)
    {
        if (counters.Finished.Count > 0)
        {
            text.Family($"{Prefix}request_success_total", "counter", "Count of successfully processed requests.");
            foreach (var (reason, count) in counters.Finished) text.Sample($"{Prefix}request_success_total", Labels(("finished_reason", reason == FinishReason.Length ? "length" : "stop")), count);
        }

        if (Full && counters.Errors.Count > 0)
        {
            text.Family("trtllm_request_error_total", "counter", "Count of failed requests.");
            foreach (var (status, count) in counters.Errors) text.Sample("trtllm_request_error_total", Labels(("http_code", status.ToString(CultureInfo.InvariantCulture))), count);
        }

        Times(text, "e2e_request_latency_seconds", "Histogram of end to end request latency in seconds.", counters.EndToEnd);
        Times(text, "time_to_first_token_seconds", "Histogram of time to first token in seconds.", counters.FirstToken);
        Times(text, "time_per_output_token_seconds", "Histogram of time per output token in seconds.", counters.PerToken);
        Times(text, "request_queue_time_seconds", "Histogram of time spent in WAITING phase for request.", counters.Queue);
        if (!Full) return;
        Times(text, "request_prefill_time_seconds", "Histogram of time spent in PREFILL phase for request.", counters.Prefill);
        Times(text, "request_decode_time_seconds", "Histogram of time spent in DECODE phase for request.", counters.Decode);
        Times(text, "request_inference_time_seconds", "Histogram of time spent in RUNNING phase for request.", counters.Inference);
        if (counters.Finished.Count == 0) return;
        Counter(text, "prompt_tokens_total", "Cumulative number of prompt (input) tokens processed.", counters.PromptTokens);
        Counter(text, "generation_tokens_total", "Cumulative number of generation (output) tokens produced.", counters.OutputTokens);
    }

    private void Iterations(Exposition text, in EngineLoad seen)
    {
        var sizing = engine.Sizing;
        var blocks = sizing.KvBlocks;
        if (blocks > 0)
        {
            // Prompts that begin alike are not simulated: every block is missed once, none is reused.
            Gauge(text, "kv_cache_hit_rate", "KV cache hit rate", 0);
            Gauge(text, "kv_cache_utilization", "KV cache utilization", Math.Round((double)seen.UsedBlocks / blocks, 4));
        }

        if (!Full) return;
        if (blocks > 0)
        {
            Gauge(text, "kv_cache_max_blocks", "Maximum number of KV cache blocks", blocks);
            Gauge(text, "kv_cache_free_blocks", "Number of free KV cache blocks", blocks - seen.UsedBlocks);
            Gauge(text, "kv_cache_used_blocks", "Number of used KV cache blocks", seen.UsedBlocks);
            Gauge(text, "kv_cache_tokens_per_block", "Number of tokens per KV cache block", sizing.BlockTokens);
            Counter(text, "kv_cache_reused_blocks_total", "Cumulative number of KV cache blocks reused (cache hits)", 0);
            Counter(text, "kv_cache_missed_blocks_total", "Cumulative number of KV cache blocks missed (cache misses)", (seen.PromptTokens + sizing.BlockTokens - 1) / sizing.BlockTokens);
        }

        Gauge(text, "num_requests_running", "Number of active requests", seen.Running);
        Gauge(text, "num_requests_waiting", "Number of queued requests", seen.Waiting);
        Counter(text, "num_requests_completed_total", "Total number of completed requests across iterations", seen.Completed);
        Gauge(text, "max_num_active_requests", "Maximum number of active requests", engine.Settings.MaxSequences);
        Gauge(text, "iteration_latency_seconds", "Iteration latency in seconds", Math.Round(seen.IterationSeconds, 6));
        Gauge(text, "gpu_memory_usage_bytes", "GPU memory usage in bytes", sizing.UsedBytesPerGpu);
        Gauge(text, "max_batch_size_static", "Static maximum batch size", engine.Settings.MaxBatchSize);
        Gauge(text, "max_batch_size_runtime", "Runtime maximum batch size", engine.Settings.MaxBatchSize);
        Gauge(text, "max_num_tokens_runtime", "Runtime maximum number of tokens", engine.Settings.MaxNumTokens);
        Gauge(text, "num_context_requests", "Number of requests in context phase", seen.Prefilling);
        Gauge(text, "num_generation_requests", "Number of requests in generation phase", seen.Decoding);
        Gauge(text, "num_paused_requests", "Number of paused requests", 0);
        Gauge(text, "num_scheduled_requests", "Number of scheduled requests", seen.Running);
        Gauge(text, "total_context_tokens", "Total number of context tokens", seen.ContextTokens);
        Gauge(text, "avg_decoded_tokens_per_iter", "Average number of decoded tokens per iteration", 1);
    }

    // Set when the server starts, and so there before any request.
    private void Info(Exposition text)
    {
        var settings = engine.Settings;
        var number = CultureInfo.InvariantCulture;
        text.Family("trtllm_model_config_info", "gauge", "Model configuration info");
        text.Sample(
            "trtllm_model_config_info",
            PidLabels(
                ("dtype", "bfloat16"), ("gpu_type", engine.Sizing.Gpu.Name), ("max_model_len", engine.Sizing.MaxSequenceTokens.ToString(number)), ("model", settings.Model),
                ("quantization", engine.Sizing.Precision == Planning.Precision.BF16 ? "None" : engine.Sizing.Precision.ToString()), ("served_model_name", settings.ServedName)),
            1);
        text.Family("trtllm_parallel_config_info", "gauge", "Parallelism configuration info");
        text.Sample(
            "trtllm_parallel_config_info",
            PidLabels(
                ("context_parallel_size", "1"), ("gpu_count", settings.Gpus.ToString(number)), ("pipeline_parallel_size", settings.PipelineParallel.ToString(number)),
                ("tensor_parallel_size", settings.TensorParallel.ToString(number))),
            1);
        text.Family("trtllm_kv_cache_config_info", "gauge", "KV cache configuration info");
        text.Sample(
            "trtllm_kv_cache_config_info",
            PidLabels(
                ("cache_dtype", settings.KvPrecision?.ToString().ToLowerInvariant() ?? "auto"), ("enable_block_reuse", settings.BlockReuse ? "True" : "False"),
                ("free_gpu_memory_fraction", Exposition.Number(settings.MemoryFraction, NumberStyle.Python)), ("page_size", settings.TokensPerBlock.ToString(number))),
            1);
    }

    private void Times(Exposition text, string name, string help, Histogram histogram)
    {
        if (histogram.Count == 0) return;
        name = Prefix + name;
        text.Family(name, "histogram", help);
        text.Sample(name + "_sum", Labels(), histogram.Sum);
        for (var bound = 0; bound < histogram.Bounds.Count; bound++)
        {
            text.Sample(name + "_bucket", Labels(("le", Exposition.Number(histogram.Bounds[bound], NumberStyle.Python))), histogram.Cumulative(bound));
        }

        text.Sample(name + "_bucket", Labels(("le", "+Inf")), histogram.Count);
        text.Sample(name + "_count", Labels(), histogram.Count);
    }

    private void Counter(Exposition text, string name, string help, double value) =>
        text.Family("trtllm_" + name, "counter", help).Sample("trtllm_" + name, Labels(), value);

    private void Gauge(Exposition text, string name, string help, double value) =>
        text.Family("trtllm_" + name, "gauge", help).Sample("trtllm_" + name, PidLabels(), value);

    private (string, string)[] PidLabels(params (string Name, string Value)[] more) => Labels([.. more, ("pid", Pid)]);

    private (string, string)[] Labels(params (string Name, string Value)[] more) =>
        [.. more.Append(("engine_type", EngineType)).Append(("model_name", ModelName)).OrderBy(label => label.Item1, StringComparer.Ordinal)];
}
