namespace Nemotron.Lab.Engines;

/// <summary><c>/v1/metrics</c> of a NIM before 2.0: families of vLLM's without its prefix. From 2.0 on a NIM shows its engine's own.</summary>
/// <param name="engine">The engine.</param>
internal sealed class NimMetrics(SimulatedEngine engine)
{
    /// <summary>The text.</summary>
    public string Render()
    {
        var load = engine.Replica.Load;
        return engine.Counters.Read(counters =>
        {
            var text = new Exposition(NumberStyle.Python);
            (string, string)[] labels = [("model_name", engine.Settings.ServedName)];
            Single(text, "gpu_cache_usage_perc", "gauge", "GPU KV-cache usage. 1 means 100 percent usage", engine.Sizing.KvBlocks == 0 ? 0 : (double)load.UsedBlocks / engine.Sizing.KvBlocks);
            Single(text, "num_requests_running", "gauge", "Number of requests currently running on GPU", load.Running);
            Single(text, "num_requests_waiting", "gauge", "Number of requests waiting to be processed", load.Waiting);
            Single(text, "num_request_max", "gauge", "Max number of concurrently running requests", engine.Settings.MaxBatchSize);
            Single(text, "prompt_tokens_total", "counter", "Number of prefill tokens processed", load.PromptTokens);
            Single(text, "generation_tokens_total", "counter", "Number of generation tokens processed", load.OutputTokens);
            text.Family("request_finish_total", "counter", "Number of finished requests, with label indicating finish reason");
            foreach (var (reason, count) in counters.Finished) text.Sample("request_finish_total", [("finished_reason", reason == FinishReason.Length ? "length" : "stop"), labels[0]], count);
            text.Histogram("time_to_first_token_seconds", "Histogram of time to first token in seconds", counters.FirstToken, labels);
            text.Histogram("time_per_output_token_seconds", "Histogram of time per output token in seconds", counters.PerToken, labels);
            text.Histogram("e2e_request_latency_seconds", "Histogram of end to end request latency in seconds", counters.EndToEnd, labels);
            text.Histogram("request_prompt_tokens", "Histogram of number of prefill tokens processed", counters.PromptLengths, labels);
            text.Histogram("request_generation_tokens", "Histogram of number of generation tokens processed", counters.OutputLengths, labels);
            return text.ToString();

            void Single(Exposition into, string name, string type, string help, double value) => into.Family(name, type, help).Sample(name, labels, value);
        });
    }
}
