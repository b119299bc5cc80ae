namespace Nemotron.Lab.Engines;

/// <summary>
/// <c>/metrics</c> of vLLM: every series is there from the start at 0, token counters move with every step, gauges show the present, and nothing
/// carries a <c>pid</c>. Counters are declared without <c>_total</c> and shown with it.
/// </summary>
/// <param name="engine">The engine.</param>
internal sealed class VllmMetrics(SimulatedEngine engine)
{
    private static readonly FinishReason[] Reasons = [FinishReason.Stop, FinishReason.Length];

    /// <summary>The text.</summary>
    public string Render()
    {
        var load = engine.Replica.Load;
        return engine.Counters.Read(counters =>
        {
            var text = new Exposition(NumberStyle.Python);
            Gauge(text, "num_requests_running", "Number of requests in model execution batches.", load.Running);
            Gauge(text, "num_requests_waiting", "Number of requests waiting to be processed.", load.Waiting);
            Gauge(text, "kv_cache_usage_perc", "KV-cache usage. 1 means 100 percent usage.", engine.Sizing.KvBlocks == 0 ? 0 : (double)load.UsedBlocks / engine.Sizing.KvBlocks);
            Counter(text, "prefix_cache_queries_total", "Prefix cache queries, in terms of number of queried tokens.", load.PromptTokens);
            // Prompts that begin alike are not simulated.
            Counter(text, "prefix_cache_hits_total", "Prefix cache hits, in terms of number of cached tokens.", 0);
            Counter(text, "num_preemptions_total", "Cumulative number of preemption from the engine.", load.Preemptions);
            Counter(text, "prompt_tokens_total", "Number of prefill tokens processed.", load.PromptTokens);
            Counter(text, "generation_tokens_total", "Number of generation tokens processed.", load.OutputTokens);
            text.Family("vllm:request_success_total", "counter", "Count of successfully processed requests.");
            foreach (var reason in Reasons) text.Sample("vllm:request_success_total", Labels(("finished_reason", reason == FinishReason.Length ? "length" : "stop")), counters.Finished.GetValueOrDefault(reason));
            text.Sample("vllm:request_success_total", Labels(("finished_reason", "abort")), counters.Aborted);
            Times(text, "request_prompt_tokens", "Number of prefill tokens processed.", counters.PromptLengths);
            Times(text, "request_generation_tokens", "Number of generation tokens processed.", counters.OutputLengths);
            Times(text, "time_to_first_token_seconds", "Histogram of time to first token in seconds.", counters.FirstToken);
            Times(text, "inter_token_latency_seconds", "Histogram of inter-token latency in seconds.", counters.PerToken);
            Times(text, "request_time_per_output_token_seconds", "Histogram of time_per_output_token_seconds per request.", counters.PerToken);
            Times(text, "e2e_request_latency_seconds", "Histogram of e2e request latency in seconds.", counters.EndToEnd);
            Times(text, "request_queue_time_seconds", "Histogram of time spent in WAITING phase for request.", counters.Queue);
            Times(text, "request_inference_time_seconds", "Histogram of time spent in RUNNING phase for request.", counters.Inference);
            Times(text, "request_prefill_time_seconds", "Histogram of time spent in PREFILL phase for request.", counters.Prefill);
            Times(text, "request_decode_time_seconds", "Histogram of time spent in DECODE phase for request.", counters.Decode);
            return text.ToString();
        });
    }

    private void Times(Exposition text, string name, string help, Histogram histogram) => text.Histogram("vllm:" + name, help, histogram, Labels());

    private void Counter(Exposition text, string name, string help, double value) => text.Family("vllm:" + name, "counter", help).Sample("vllm:" + name, Labels(), value);

    private void Gauge(Exposition text, string name, string help, double value) => text.Family("vllm:" + name, "gauge", help).Sample("vllm:" + name, Labels(), value);

    private (string, string)[] Labels(params (string Name, string Value)[] more) => [("engine", "0"), .. more, ("model_name", engine.Settings.ServedName)];
}
