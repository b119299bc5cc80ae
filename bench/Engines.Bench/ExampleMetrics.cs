using System.Globalization;
using System.Text;

namespace Nemotron.Engines.Bench;

/// <summary>A scrape of the shape and size of trtllm-serve 1.3's: some thirty gauges and counters and eight histograms.</summary>
internal static class ExampleMetrics
{
    private const string Labels = "engine_type=\"pytorch\",model_name=\"Llama-3_3-Nemotron-Super-49B-v1_5-FP8\"";

    private static readonly string[] Gauges =
    [
        "num_requests_running", "num_requests_waiting", "max_num_active_requests", "iteration_latency_seconds", "gpu_memory_usage_bytes", "cpu_memory_usage_bytes", "pinned_memory_usage_bytes",
        "max_batch_size_static", "max_batch_size_runtime", "max_num_tokens_runtime", "kv_cache_hit_rate", "kv_cache_utilization", "kv_cache_host_utilization", "kv_cache_iter_reuse_rate",
        "kv_cache_max_blocks", "kv_cache_free_blocks", "kv_cache_used_blocks", "kv_cache_tokens_per_block", "num_context_requests", "num_generation_requests", "num_paused_requests", "num_scheduled_requests",
    ];

    private static readonly string[] Counters =
        ["prompt_tokens_total", "generation_tokens_total", "num_requests_completed_total", "prompt_cached_tokens_total", "kv_cache_reused_blocks_total", "kv_cache_missed_blocks_total", "request_success_total"];

    private static readonly string[] Histograms =
    [
        "e2e_request_latency_seconds", "time_to_first_token_seconds", "time_per_output_token_seconds", "request_queue_time_seconds", "request_prefill_time_seconds", "request_decode_time_seconds", "request_inference_time_seconds",
    ];

    private static readonly double[] Bounds = [0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680];

    public static string Text()
    {
        var text = new StringBuilder();
        foreach (var name in Gauges) Sample(Head(name, "gauge"), ",pid=\"1\"", name == "kv_cache_utilization" ? 0.5 : 12);
        foreach (var name in Counters) Sample(Head(name, "counter"), name == "request_success_total" ? ",finished_reason=\"stop\"" : "", 90210);
        foreach (var name in Histograms)
        {
            Head(name, "histogram");
            for (var i = 0; i < Bounds.Length; i++) Sample($"{name}_bucket", string.Create(CultureInfo.InvariantCulture, $",le=\"{Bounds[i]:0.0##}\""), 10 * i);
            Sample($"{name}_bucket", ",le=\"+Inf\"", 10 * Bounds.Length);
            Sample($"{name}_sum", "", 1234.5);
            Sample($"{name}_count", "", 10 * Bounds.Length);
        }

        return text.ToString();

        string Head(string name, string type)
        {
            text.Append(CultureInfo.InvariantCulture, $"# HELP trtllm_{name} Of {name}.\n# TYPE trtllm_{name} {type}\n");
            return name;
        }

        void Sample(string name, string labels, double value) => text.Append(CultureInfo.InvariantCulture, $"trtllm_{name}{{{Labels}{labels}}} {value:0.0###}\n");
    }
}
