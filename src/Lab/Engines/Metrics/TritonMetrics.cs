namespace Nemotron.Lab.Engines;

/// <summary>
/// Triton's <c>/metrics</c>: its own families for every model and GPU, and for the legacy C++ back end TensorRT-LLM's (<c>nv_trt_llm_*</c>), which show the
/// present. prometheus-cpp sorts labels by name and puts <c>le</c> last; HELP and TYPE are there without any series.
/// </summary>
/// <param name="engine">The engine.</param>
internal sealed class TritonMetrics(SimulatedEngine engine)
{
    // The back end takes a request at once and does not hold its tensors: what is left is of this order (facts §2.2, the sample's sums over its count).
    public const double QueueSeconds = 119e-6;
    public const double InputSeconds = 49e-6;
    public const double OutputSeconds = 353e-6;

    private static readonly string[] FailureReasons = ["BACKEND", "CANCELED", "OTHER", "REJECTED"];

    private readonly IReadOnlyList<string> models = [.. TritonModel.Of(engine.Settings).Select(model => model.Name)];

    /// <summary>The text.</summary>
    public string Render()
    {
        var load = engine.Replica.Load;
        return engine.Counters.Read(counters =>
        {
            var text = new Exposition(NumberStyle.Plain);
            Inferences(text, counters);
            Gpus(text, load);
            if (engine.Settings.Ensemble) Backend(text, load, counters);
            return text.ToString();
        });
    }

    private void Inferences(Exposition text, EngineCounters counters)
    {
        var done = counters.Finished.Values.Sum();
        PerModel(text, "nv_inference_request_success", "counter", "Number of successful inference requests, all batch sizes", done);
        text.Family("nv_inference_request_failure", "counter", "Number of failed inference requests, all batch sizes");
        foreach (var model in models)
        {
            foreach (var reason in FailureReasons)
            {
                var count = reason switch
                {
                    "BACKEND" => counters.Errors.Where(error => error.Key >= 500).Sum(error => error.Value),
                    "CANCELED" => counters.Aborted,
                    _ => 0,
                };
                text.Sample("nv_inference_request_failure", [("model", model), ("reason", reason), ("version", TritonModel.Version)], count);
            }
        }

        PerModel(text, "nv_inference_count", "counter", "Number of inferences performed (does not include cached requests)", done);
        PerModel(text, "nv_inference_exec_count", "counter", "Number of model executions performed (does not include cached requests)", done);
        var busy = counters.EndToEnd.Sum;
        Micros("nv_inference_request_duration_us", "Cumulative inference request duration in microseconds (includes cached requests)", busy + (done * (QueueSeconds + InputSeconds + OutputSeconds)));
        Micros("nv_inference_queue_duration_us", "Cumulative inference queuing duration in microseconds (includes cached requests)", done * QueueSeconds);
        Micros("nv_inference_compute_input_duration_us", "Cumulative compute input duration in microseconds (does not include cached requests)", done * InputSeconds);
        Micros("nv_inference_compute_infer_duration_us", "Cumulative compute inference duration in microseconds (does not include cached requests)", busy);
        Micros("nv_inference_compute_output_duration_us", "Cumulative inference compute output duration in microseconds (does not include cached requests)", done * OutputSeconds);
        // The back end takes every request at once, so that nothing is ever pending here.
        PerModel(text, "nv_inference_pending_request_count", "gauge", "Instantaneous number of pending requests awaiting execution per-model.", 0);
        PerModel(text, "nv_model_load_duration_secs", "gauge", "Model load time in seconds", Math.Round(engine.LoadTime.TotalSeconds, 2));

        void Micros(string name, string help, double seconds) => PerModel(text, name, "counter", help, Math.Round(seconds * 1e6));
    }

    private void Gpus(Exposition text, EngineLoad load)
    {
        var use = GpuUse.Of(engine.Sizing, load.Running > 0);
        PerGpu("nv_gpu_utilization", "GPU utilization rate [0.0 - 1.0)", use.Utilization);
        PerGpu("nv_gpu_memory_total_bytes", "GPU total memory, in bytes", engine.Sizing.Plan.GpuBytes);
        PerGpu("nv_gpu_memory_used_bytes", "GPU used memory, in bytes", use.UsedBytes);
        PerGpu("nv_gpu_power_usage", "GPU power usage in watts", use.Watts);
        if (engine.Sizing.Gpu.Watts is { } limit) PerGpu("nv_gpu_power_limit", "GPU power management limit in watts", limit);

        void PerGpu(string name, string help, double value)
        {
            text.Family(name, "gauge", help);
            foreach (var gpu in engine.Gpus) text.Sample(name, [("gpu_uuid", gpu.Uuid)], value);
        }
    }

    private void Backend(Exposition text, EngineLoad load, EngineCounters counters)
    {
        var blocks = engine.Sizing.KvBlocks;
        Group(text, "nv_trt_llm_request_metrics", "TRT LLM request metrics", "request_type",
            ("waiting", load.Waiting), ("context", load.Prefilling), ("scheduled", load.Running), ("max", engine.Settings.MaxSequences), ("active", load.Running + load.Waiting));
        Group(text, "nv_trt_llm_runtime_memory_metrics", "TRT LLM runtime memory metrics", "memory_type",
            ("pinned", 0), ("gpu", engine.Sizing.Plan.ActivationBytes), ("cpu", 0));
        Group(text, "nv_trt_llm_kv_cache_block_metrics", "TRT LLM KV cache block metrics", "kv_cache_block_type",
            ("fraction", blocks == 0 ? 0 : Math.Round((double)load.UsedBlocks / blocks, 6)), ("reused", 0), ("tokens_per", engine.Sizing.BlockTokens), ("used", load.UsedBlocks),
            ("free", blocks - load.UsedBlocks), ("max", blocks));
        text.Family("nv_trt_llm_disaggregated_serving_metrics", "counter", "TRT LLM disaggregated serving metrics");
        Samples(text, "nv_trt_llm_disaggregated_serving_metrics", "disaggregated_serving_type", ("request_count", 0), ("kv_cache_transfer_ms", 0));
        Group(text, "nv_trt_llm_inflight_batcher_metrics", "TRT LLM inflight_batcher-specific metrics", "inflight_batcher_specific_metric",
            ("paused_requests", 0), ("micro_batch_id", 0), ("generation_requests", load.Decoding), ("total_context_tokens", load.ContextTokens));
        Group(text, "nv_trt_llm_general_metrics", "General TRT LLM metrics", "general_type",
            ("iteration_counter", load.Iteration), ("timestamp", engine.Time.GetUtcNow().ToUnixTimeMilliseconds() * 1000));
        Lengths(text, "nv_llm_output_token_len", "total_output_tokens", counters.TritonOutputLengths);
        Lengths(text, "nv_llm_input_token_len", "total_input_tokens", counters.TritonPromptLengths);
    }

    private static void Lengths(Exposition text, string name, string type, Histogram histogram)
    {
        (string, string)[] labels = [("model", "tensorrt_llm"), ("response_metric_type", type), ("version", TritonModel.Version)];
        text.Family(name, "histogram", "TRT LLM response metrics");
        text.Sample(name + "_count", labels, histogram.Count).Sample(name + "_sum", labels, histogram.Sum);
        for (var bound = 0; bound < histogram.Bounds.Count; bound++)
        {
            text.Sample(name + "_bucket", [.. labels, ("le", Exposition.Number(histogram.Bounds[bound], NumberStyle.Plain))], histogram.Cumulative(bound));
        }

        text.Sample(name + "_bucket", [.. labels, ("le", "+Inf")], histogram.Count);
    }

    private void PerModel(Exposition text, string name, string type, string help, double value)
    {
        text.Family(name, type, help);
        foreach (var model in models) text.Sample(name, [("model", model), ("version", TritonModel.Version)], value);
    }

    private static void Group(Exposition text, string name, string help, string category, params (string Value, double Number)[] samples)
    {
        text.Family(name, "gauge", help);
        Samples(text, name, category, samples);
    }

    private static void Samples(Exposition text, string name, string category, params (string Value, double Number)[] samples)
    {
        foreach (var (value, number) in samples)
        {
            (string Name, string Value)[] labels = [(category, value), ("model", "tensorrt_llm"), ("version", TritonModel.Version)];
            text.Sample(name, labels.OrderBy(label => label.Name, StringComparer.Ordinal), number);
        }
    }
}
