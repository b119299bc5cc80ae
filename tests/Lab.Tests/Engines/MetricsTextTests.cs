using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using Nemotron.Engines.Metrics;
using Nemotron.Engines.Metrics.Dialects;
using Nemotron.Lab.Nodes;

namespace Nemotron.Lab.Engines.Tests;

/// <summary>Metric texts, family by family as the samples of the facts have them, and as the operator's own reader understands them.</summary>
public class MetricsTextTests
{
    private const string Model = "nvidia/Llama-3.1-Nemotron-Nano-8B-v1";
    private static readonly string Labels = $"engine_type=\"pytorch\",model_name=\"{Model}\"";
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 9, 21, 14, 13, 20, TimeSpan.Zero));

    [Fact]
    public void Trtllm_serve_1_2_has_nothing_before_the_first_request_and_five_plain_families_after()
    {
        using var engine = Engine("nvcr.io/nvidia/tensorrt-llm/release:1.2.1", $"trtllm-serve {Model} --host 0.0.0.0");
        var metrics = new TrtLlmMetrics(engine);
        metrics.Render().ShouldBe("");

        Count(engine);

        var text = metrics.Render();
        Families(text).ShouldBe(["request_success_total", "e2e_request_latency_seconds", "time_to_first_token_seconds", "time_per_output_token_seconds", "request_queue_time_seconds"]);
        text.ShouldStartWith("""
            # HELP request_success_total Count of successfully processed requests.
            # TYPE request_success_total counter
            request_success_total{engine_type="undefined",finished_reason="stop",model_name="undefined"} 1.0
            # HELP e2e_request_latency_seconds Histogram of end to end request latency in seconds.
            # TYPE e2e_request_latency_seconds histogram
            e2e_request_latency_seconds_sum{engine_type="undefined",model_name="undefined"} 4.5
            e2e_request_latency_seconds_bucket{engine_type="undefined",le="0.3",model_name="undefined"} 0.0
            """);
        text.ShouldContain("e2e_request_latency_seconds_bucket{engine_type=\"undefined\",le=\"5.0\",model_name=\"undefined\"} 1.0\n");
        text.ShouldContain("e2e_request_latency_seconds_bucket{engine_type=\"undefined\",le=\"+Inf\",model_name=\"undefined\"} 1.0\n");
        text.ShouldContain("e2e_request_latency_seconds_count{engine_type=\"undefined\",model_name=\"undefined\"} 1.0\n");
        text.ShouldNotContain("pid=");
        Understood(text, new(MetricSource.TrtLlmServe, "1.2.1")).Dialect.Name.ShouldBe(DialectName.TrtLlmServe12);
    }

    [Fact]
    public void Trtllm_serve_1_3_shows_information_at_once_and_the_rest_when_a_request_is_done()
    {
        using var engine = Engine("nvcr.io/nvidia/tensorrt-llm/release:1.3.0rc20", $"trtllm-serve {Model} --host 0.0.0.0 --config /c.yaml", "return_perf_metrics: true\nenable_iter_perf_stats: true\nkv_cache_config: { max_tokens: 416000 }");
        var metrics = new TrtLlmMetrics(engine);
        Families(metrics.Render()).ShouldBe(["trtllm_model_config_info", "trtllm_parallel_config_info", "trtllm_kv_cache_config_info"]);
        metrics.Render().ShouldContain(
            $"trtllm_parallel_config_info{{context_parallel_size=\"1\",engine_type=\"pytorch\",gpu_count=\"1\",model_name=\"{Model}\",pid=\"1\",pipeline_parallel_size=\"1\",tensor_parallel_size=\"1\"}} 1.0\n");

        Count(engine, new EngineLoad { Running = 31, Waiting = 4, UsedBlocks = 8000, PromptTokens = 1000, Completed = 1, IterationSeconds = 0.0213 });

        var text = metrics.Render();
        // The sample of the facts, without families of features that are not simulated (block reuse, perplexity, speculation).
        foreach (var sample in new[]
        {
            $"trtllm_request_success_total{{engine_type=\"pytorch\",finished_reason=\"stop\",model_name=\"{Model}\"}} 1.0",
            $"trtllm_prompt_tokens_total{{{Labels}}} 1000.0",
            $"trtllm_generation_tokens_total{{{Labels}}} 201.0",
            $"trtllm_kv_cache_hit_rate{{{Labels},pid=\"1\"}} 0.0",
            $"trtllm_kv_cache_utilization{{{Labels},pid=\"1\"}} 0.6154",
            $"trtllm_kv_cache_max_blocks{{{Labels},pid=\"1\"}} 13000.0",
            $"trtllm_kv_cache_free_blocks{{{Labels},pid=\"1\"}} 5000.0",
            $"trtllm_kv_cache_used_blocks{{{Labels},pid=\"1\"}} 8000.0",
            $"trtllm_kv_cache_tokens_per_block{{{Labels},pid=\"1\"}} 32.0",
            $"trtllm_kv_cache_missed_blocks_total{{{Labels}}} 32.0",
            $"trtllm_num_requests_running{{{Labels},pid=\"1\"}} 31.0",
            $"trtllm_num_requests_waiting{{{Labels},pid=\"1\"}} 4.0",
            $"trtllm_num_requests_completed_total{{{Labels}}} 1.0",
            $"trtllm_iteration_latency_seconds{{{Labels},pid=\"1\"}} 0.0213",
        })
        {
            text.ShouldContain(sample + "\n");
        }

        // Counters never carry a pid, gauges always do, and no family is declared without a sample.
        foreach (var line in text.Split('\n').Where(line => line.Length > 0 && line[0] != '#'))
        {
            var name = line[..line.IndexOf('{')];
            line.Contains("pid=\"1\"").ShouldBe(!name.EndsWith("_total") && !name.EndsWith("_sum") && !name.EndsWith("_count") && !name.EndsWith("_bucket"), line);
        }

        foreach (var family in Families(text)) text.ShouldContain($"\n{family}");
        var signals = Understood(text, new(MetricSource.TrtLlmServe, "1.3.0rc20"));
        signals.Dialect.Name.ShouldBe(DialectName.TrtLlmServe13);
        signals.Running.Value.ShouldBe(31);
        signals.KvUsedFraction.Value!.Value.ShouldBe(0.6154, 1e-6);
        signals.GenerationTokens.Value.ShouldBe(201);
    }

    [Fact]
    public void Early_candidates_of_1_3_have_the_prefix_and_no_real_labels()
    {
        using var engine = Engine("nvcr.io/nvidia/tensorrt-llm/release:1.3.0rc6", $"trtllm-serve {Model} --host 0.0.0.0 --config /c.yaml", "enable_iter_perf_stats: true");
        Count(engine, new EngineLoad { UsedBlocks = 1 });
        var text = new TrtLlmMetrics(engine).Render();
        Families(text).ShouldBe(
        [
            "trtllm_request_success_total", "trtllm_e2e_request_latency_seconds", "trtllm_time_to_first_token_seconds", "trtllm_time_per_output_token_seconds",
            "trtllm_request_queue_time_seconds", "trtllm_kv_cache_hit_rate", "trtllm_kv_cache_utilization",
        ]);
        text.ShouldContain("trtllm_kv_cache_hit_rate{engine_type=\"undefined\",model_name=\"undefined\",pid=\"1\"} 0.0\n");
    }

    [Fact]
    public void Without_iteration_statistics_there_are_no_gauges_of_load()
    {
        using var engine = Engine("nvcr.io/nvidia/tensorrt-llm/release:1.3.0rc20", $"trtllm-serve {Model} --host 0.0.0.0");
        Count(engine, new EngineLoad { Running = 3 });
        new TrtLlmMetrics(engine).Render().ShouldNotContain("num_requests_running");
    }

    [Fact]
    public void Vllm_shows_every_series_from_the_start_at_0_and_no_pid()
    {
        using var engine = Engine("vllm/vllm-openai:v0.19.1", $"vllm serve {Model}");
        var text = new VllmMetrics(engine).Render();
        text.ShouldContain($"vllm:num_requests_running{{engine=\"0\",model_name=\"{Model}\"}} 0.0\n");
        text.ShouldContain($"vllm:request_success_total{{engine=\"0\",finished_reason=\"stop\",model_name=\"{Model}\"}} 0.0\n");
        text.ShouldContain($"vllm:time_to_first_token_seconds_bucket{{engine=\"0\",le=\"0.001\",model_name=\"{Model}\"}} 0.0\n");
        text.ShouldNotContain("pid=");
        Understood(text, new(MetricSource.Vllm)).Dialect.Name.ShouldBe(DialectName.Vllm);
    }

    [Fact]
    public void A_nim_before_2_has_plain_names_and_from_2_on_its_engine_s()
    {
        using var one = Engine("nvcr.io/nim/nvidia/llama-3.1-nemotron-nano-8b-v1:1.8.5", "");
        var text = new NimMetrics(one).Render();
        text.ShouldContain("gpu_cache_usage_perc{model_name=\"llama-3.1-nemotron-nano-8b-v1\"} 0.0\n".Replace("llama-3.1-nemotron-nano-8b-v1", one.Settings.ServedName));
        Understood(text, new(MetricSource.Nim, "1.8.5")).Dialect.Name.ShouldBe(DialectName.Nim1);
    }

    [Fact]
    public void Triton_with_the_llmapi_model_has_its_own_families_only()
    {
        using var engine = Engine(
            "nvcr.io/nvidia/tritonserver:26.07-trtllm-python-py3", "tritonserver --model-repository=/app/all_models/llmapi", $"model: {Model}\ntriton_config: {{ decoupled: true }}");
        Count(engine);
        var text = new TritonMetrics(engine).Render();
        text.ShouldStartWith("""
            # HELP nv_inference_request_success Number of successful inference requests, all batch sizes
            # TYPE nv_inference_request_success counter
            nv_inference_request_success{model="tensorrt_llm",version="1"} 1
            # HELP nv_inference_request_failure Number of failed inference requests, all batch sizes
            # TYPE nv_inference_request_failure counter
            nv_inference_request_failure{model="tensorrt_llm",reason="BACKEND",version="1"} 0
            nv_inference_request_failure{model="tensorrt_llm",reason="CANCELED",version="1"} 0
            nv_inference_request_failure{model="tensorrt_llm",reason="OTHER",version="1"} 0
            nv_inference_request_failure{model="tensorrt_llm",reason="REJECTED",version="1"} 0
            # HELP nv_inference_count Number of inferences performed (does not include cached requests)
            # TYPE nv_inference_count counter
            nv_inference_count{model="tensorrt_llm",version="1"} 1
            """);
        text.ShouldContain("nv_inference_compute_infer_duration_us{model=\"tensorrt_llm\",version=\"1\"} 4500000\n");
        text.ShouldContain("nv_inference_pending_request_count{model=\"tensorrt_llm\",version=\"1\"} 0\n");
        text.ShouldContain("nv_model_load_duration_secs{model=\"tensorrt_llm\",version=\"1\"} 94.27\n");
        text.ShouldContain($"nv_gpu_memory_total_bytes{{gpu_uuid=\"{new GpuIdentity("n", 0).Uuid}\"}} 85520809984\n");
        text.ShouldNotContain("nv_trt_llm");
        Understood(text, new(MetricSource.Triton)).Dialect.Name.ShouldBe(DialectName.TritonLlmApi);
    }

    [Fact]
    public void The_legacy_back_end_of_triton_shows_its_batcher_and_its_blocks()
    {
        using var engine = Engine("nvcr.io/nvidia/tritonserver:26.02-trtllm-python-py3", "tritonserver --model-repository=/models/inflight_batcher_llm", environment: new() { ["MODEL_NAME"] = Model });
        Count(engine);
        var text = new TritonMetrics(engine).Render();
        text.ShouldContain("nv_trt_llm_request_metrics{model=\"tensorrt_llm\",request_type=\"waiting\",version=\"1\"} 0\n");
        text.ShouldContain("nv_trt_llm_runtime_memory_metrics{memory_type=\"pinned\",model=\"tensorrt_llm\",version=\"1\"} 0\n");
        text.ShouldContain("nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type=\"tokens_per\",model=\"tensorrt_llm\",version=\"1\"} 32\n");
        text.ShouldContain("nv_trt_llm_general_metrics{general_type=\"timestamp\",model=\"tensorrt_llm\",version=\"1\"} 1790000000000000\n");
        text.ShouldContain("nv_llm_output_token_len_bucket{model=\"tensorrt_llm\",response_metric_type=\"total_output_tokens\",version=\"1\",le=\"500\"} 1\n");
        text.ShouldContain("nv_inference_request_success{model=\"ensemble\",version=\"1\"} 1\n");
        var signals = Understood(text, new(MetricSource.Triton));
        signals.Dialect.Name.ShouldBe(DialectName.TritonTrtLlm);
        signals.Running.Value.ShouldBe(0);
    }

    [Theory]
    [InlineData(412, true, "412.0")]
    [InlineData(412, false, "412")]
    [InlineData(0.0213, true, "0.0213")]
    [InlineData(76665782272, true, "76665782272.0")]
    [InlineData(1790000000000000, false, "1790000000000000")]
    [InlineData(double.PositiveInfinity, true, "+Inf")]
    public void Numbers_are_spelled_by_the_client_library(double value, bool python, string text) =>
        Exposition.Number(value, python ? NumberStyle.Python : NumberStyle.Plain).ShouldBe(text);

    [Fact]
    public void Renamed_families_have_another_name_everywhere()
    {
        MetricsFaults.Rename("# HELP a b c\n# TYPE a gauge\na{x=\"a\"} 1\n").ShouldBe("# HELP v2_a b c\n# TYPE v2_a gauge\nv2_a{x=\"a\"} 1\n");
    }

    private static void Count(SimulatedEngine engine, EngineLoad load = default) => engine.Counters.Count(
        new()
        {
            Reason = FinishReason.Stop,
            PromptTokens = 1000,
            OutputTokens = 201,
            Arrived = TimeSpan.Zero,
            Scheduled = TimeSpan.FromSeconds(0.25),
            FirstToken = TimeSpan.FromSeconds(0.5),
            LastToken = TimeSpan.FromSeconds(4.5),
        },
        load,
        DateTimeOffset.UnixEpoch);

    private static List<string> Families(string text) => [.. text.Split('\n').Where(line => line.StartsWith("# TYPE ")).Select(line => line.Split(' ')[2])];

    private static EngineSignals Understood(string text, DialectHint hint) => EngineMetrics.Read(Encoding.UTF8.GetBytes(text), hint);

    private SimulatedEngine Engine(string image, string line, string? yaml = null, Dictionary<string, string>? environment = null)
    {
        var node = NodeObjects.From(NodeSpec.ParseList("1xH100:8"), time.GetUtcNow())[0];
        var container = new JsonObject { ["name"] = "engine", ["image"] = image };
        string[] words = line.Length == 0 ? [] : line.Split(' ');
        if (words.Length > 0) container["command"] = new JsonArray([.. words]);
        var start = new ContainerStart
        {
            Pod = [],
            Container = container,
            Node = node,
            Ip = IPAddress.Loopback,
            Gpus = [0],
            CommandLine = words,
            Environment = environment ?? [],
            Files = yaml is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["/c.yaml"] = yaml, ["/app/all_models/llmapi/tensorrt_llm/1/model.yaml"] = yaml },
        };
        var settings = EngineStart.Read(start);
        return new(settings, EngineSizing.Of(settings, start), new(time), time, TimeSpan.FromSeconds(94.27), [new("n", 0)]);
    }
}
