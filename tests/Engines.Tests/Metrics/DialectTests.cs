using System.Text;
using Nemotron.Engines.Metrics;
using Nemotron.Engines.Metrics.Dialects;
using Nemotron.Engines.Metrics.Gpus;

namespace Nemotron.Engines.Tests.Metrics;

/// <summary>What each engine's metrics come to in the normal form. The samples are written after the engines' sources, with values of our own.</summary>
public class DialectTests
{
    // "?" is unknown.
    public static TheoryData<string, DialectName, string> Samples => new()
    {
        { "triton-trtllm", DialectName.TritonTrtLlm, "running 24, waiting 3, kv 0.300022, used 5530, total 18432, per block 32, used tokens 176960, total tokens 589824, prompt 2210400, generated 663120, ok 1842, failed 0, iterations 771203, ttft ?, tpot ?, queue ?, e2e ?" },
        { "triton-llmapi", DialectName.TritonLlmApi, "running ?, waiting ?, kv ?, used ?, total ?, per block ?, used tokens ?, total tokens ?, prompt ?, generated ?, ok 1842, failed 0, iterations ?, ttft ?, tpot ?, queue ?, e2e ?" },
        { "trtllm-serve-1.3", DialectName.TrtLlmServe13, "running 31, waiting 4, kv 0.6154, used 8000, total 13000, per block 32, used tokens 256000, total tokens 416000, prompt 910233, generated 388120, ok 450, failed ?, iterations ?, ttft 0.25, tpot 0.025, queue 0.3, e2e 10" },
        { "trtllm-serve-1.2", DialectName.TrtLlmServe12, "running ?, waiting ?, kv ?, used ?, total ?, per block ?, used tokens ?, total tokens ?, prompt ?, generated ?, ok 100, failed ?, iterations ?, ttft 0.25, tpot 0.025, queue 0.3, e2e 10" },
        { "vllm", DialectName.Vllm, "running 12, waiting 2, kv 0.4375, used ?, total ?, per block ?, used tokens ?, total tokens ?, prompt 51200, generated 25600, ok 90, failed 3, iterations ?, ttft 0.25, tpot 0.025, queue 0.3, e2e 10" },
        { "nim-1", DialectName.Nim1, "running 5, waiting 1, kv 0.25, used ?, total ?, per block ?, used tokens ?, total tokens ?, prompt 1000, generated 4000, ok 44, failed ?, iterations ?, ttft 0.25, tpot 0.025, queue ?, e2e 10" },
    };

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_scrape_in_the_normal_form(string sample, DialectName dialect, string expected)
    {
        var signals = EngineMetrics.Read(SampleFile.Bytes(sample), default);
        signals.Dialect.Name.ShouldBe(dialect);
        signals.Dialect.Seen.ShouldBeTrue();
        Words(signals).ShouldBe(expected);
    }

    [Fact]
    public void Whatever_is_unknown_says_why()
    {
        foreach (var sample in SampleFile.Engines)
        {
            var signals = EngineMetrics.Read(SampleFile.Bytes(sample), default);
            foreach (var signal in Enum.GetValues<EngineSignal>())
            {
                var (known, why) = signal < EngineSignal.TimeToFirstToken
                    ? (signals[signal].IsKnown, signals[signal].UnknownBecause)
                    : (signals.Distribution(signal).Value is not null, signals.Distribution(signal).UnknownBecause);
                (why.Length > 20).ShouldBe(!known, $"{sample} {signal}: {why}");
            }
        }
    }

    public static TheoryData<string, MetricSource, string?, DialectName, bool, string> Choices => new()
    {
        // first line of the scrape,                              engine,                   version,     dialect,                  seen, because
        { "vllm:num_requests_running 1", MetricSource.Any, null, DialectName.Vllm, true, "series vllm:num_requests_running" },
        { "vllm:num_requests_running 1", MetricSource.Nim, "2.1.4", DialectName.Nim2, true, "series vllm:" },
        { "vllm:num_requests_running 1", MetricSource.Nim, "1.8.0", DialectName.Nim2, true, "though version 1.8.0 should have NIM 1.x" },
        { "num_requests_running 1", MetricSource.Any, null, DialectName.Nim1, true, "series num_requests_running" },
        { "trtllm_num_requests_running 1", MetricSource.TrtLlmServe, "1.2.1", DialectName.TrtLlmServe13, true, "though version 1.2.1 should have trtllm-serve 1.1–1.2" },
        { "request_success_total{engine_type=\"undefined\"} 1", MetricSource.Any, null, DialectName.TrtLlmServe12, true, "of TensorRT-LLM" },
        { "time_to_first_token_seconds_count{model_name=\"m\"} 1", MetricSource.Any, null, DialectName.Nim1, true, "without label engine_type" },
        { "time_to_first_token_seconds_count{model_name=\"m\"} 1", MetricSource.TrtLlmServe, "1.1.0", DialectName.TrtLlmServe12, true, "of TensorRT-LLM" },
        { "nv_inference_request_success{model=\"m\"} 1", MetricSource.Any, null, DialectName.TritonLlmApi, true, "series nv_inference_request_success" },
        { "up 1", MetricSource.TrtLlmServe, "1.2.1", DialectName.TrtLlmServe12, false, "no series of it is there yet" },
        { "up 1", MetricSource.TrtLlmServe, "1.3.0rc25", DialectName.TrtLlmServe13, false, "no series of it is there yet" },
        { "up 1", MetricSource.TrtLlmServe, "1.3.0rc2", DialectName.None, false, "no series of a known dialect" },
        { "up 1", MetricSource.TrtLlmServe, "1.0.0", DialectName.None, false, "no series of a known dialect" },
        { "up 1", MetricSource.Nim, "2.0.0", DialectName.Nim2, false, "no series of it is there yet" },
        { "up 1", MetricSource.Triton, "26.07", DialectName.None, false, "no series of a known dialect" },
    };

    [Theory]
    [MemberData(nameof(Choices))]
    public void The_dialect_is_what_is_there_and_only_else_what_the_version_says(string line, MetricSource source, string? version, DialectName dialect, bool seen, string because)
    {
        var choice = Read(line, new DialectHint(source, version)).Dialect;
        (choice.Name, choice.Seen).ShouldBe((dialect, seen));
        choice.Because.ShouldContain(because);
    }

    [Fact]
    public void Nothing_there_yet_is_unknown_and_not_idle()
    {
        // trtllm-serve before its first request: an empty answer.
        var signals = EngineMetrics.Read([], new DialectHint(MetricSource.TrtLlmServe, "1.3.0rc14"));
        signals.Running.IsKnown.ShouldBeFalse();
        signals.Running.UnknownBecause.ShouldContain("no series of trtllm_num_requests_running yet");
        EngineMetrics.Read([], default).Running.UnknownBecause.ShouldContain("only after its first sample");
        Read("<html>502</html>").Running.UnknownBecause.ShouldContain("not metrics text: \"<html>502</html>\"");
    }

    [Fact]
    public void HELP_and_TYPE_without_series_are_no_zero()
    {
        var signals = Read("""
            # HELP nv_inference_request_success Number of successful inference requests, all batch sizes
            # TYPE nv_inference_request_success counter
            """);
        signals.Dialect.Name.ShouldBe(DialectName.None);
        signals.RequestsSucceeded.IsKnown.ShouldBeFalse();
    }

    [Fact]
    public void A_gauge_left_over_by_a_dead_process_is_not_added()
    {
        var signals = Read("""
            trtllm_num_requests_running{engine_type="pytorch",model_name="m",pid="1"} 7
            trtllm_num_requests_running{engine_type="pytorch",model_name="m",pid="42"} 3
            trtllm_kv_cache_utilization{engine_type="pytorch",model_name="m",pid="1"} 0.9
            trtllm_kv_cache_utilization{engine_type="pytorch",model_name="m",pid="42"} 0.4
            trtllm_generation_tokens_total{engine_type="pytorch",model_name="m",pid="1"} 100
            trtllm_generation_tokens_total{engine_type="pytorch",model_name="m",pid="42"} 20
            """);
        (signals.Running.Value, signals.KvUsedFraction.Value).ShouldBe((7, 0.9));
        signals.GenerationTokens.Value.ShouldBe(120, "each process counted its own");
    }

    [Fact]
    public void Ranks_add_up_and_the_fullest_cache_counts()
    {
        var signals = Read("""
            vllm:num_requests_running{engine="0",model_name="m"} 7
            vllm:num_requests_running{engine="1",model_name="m"} 3
            vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.2
            vllm:kv_cache_usage_perc{engine="1",model_name="m"} 0.8
            """);
        (signals.Running.Value, signals.KvUsedFraction.Value).ShouldBe((10, 0.8));
    }

    [Fact]
    public void An_ensembles_steps_are_one_request_and_a_clients_cancellation_is_no_failure()
    {
        var signals = Read("""
            nv_inference_request_success{model="ensemble",version="1"} 40
            nv_inference_request_success{model="preprocessing",version="1"} 45
            nv_inference_request_success{model="tensorrt_llm",version="1"} 41
            nv_inference_request_failure{model="tensorrt_llm",reason="BACKEND",version="1"} 2
            nv_inference_request_failure{model="tensorrt_llm",reason="OTHER",version="1"} 1
            nv_inference_request_failure{model="tensorrt_llm",reason="CANCELED",version="1"} 9
            nv_inference_request_failure{model="ensemble",reason="OTHER",version="1"} 2
            """);
        (signals.RequestsSucceeded.Value, signals.RequestsFailed.Value).ShouldBe((45, 3));
    }

    [Theory]
    [InlineData("trtllm_num_requests_running -1", "which is no count")]
    [InlineData("trtllm_num_requests_running NaN", "which is no count")]
    [InlineData("trtllm_num_requests_running +Inf", "which is no count")]
    public void What_cannot_be_is_unknown(string line, string because) => Read(line).Running.UnknownBecause.ShouldContain(because);

    [Fact]
    public void A_fraction_above_one_is_a_shifted_label()
    {
        // Triton's reporter assigns by position: a missing key moves "used" under "fraction".
        var signals = Read("""
            nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="fraction",model="tensorrt_llm",version="1"} 5530
            """);
        signals.KvUsedFraction.UnknownBecause.ShouldContain("which is no fraction");
    }

    [Fact]
    public void The_fraction_is_computed_where_only_blocks_are_published()
    {
        var signals = Read("""
            trtllm_kv_cache_used_blocks{pid="1"} 30
            trtllm_kv_cache_max_blocks{pid="1"} 120
            trtllm_request_success_total 1
            """);
        signals.KvUsedFraction.Value.ShouldBe(0.25);
        signals.KvUsedTokens.UnknownBecause.ShouldContain("trtllm_kv_cache_tokens_per_block");
        Read("trtllm_kv_cache_used_blocks 0\ntrtllm_kv_cache_max_blocks 0\ntrtllm_request_success_total 1").KvUsedFraction.UnknownBecause.ShouldContain("KvTotalBlocks is 0");
    }

    [Fact]
    public void Tritons_first_response_is_in_milliseconds_and_its_buckets_may_lack_their_suffix()
    {
        foreach (var suffix in new[] { "_bucket", "" })
        {
            var histogram = Read($$"""
                nv_inference_request_success{model="m",version="1"} 10
                nv_inference_first_response_histogram_ms_count{model="m",version="1"} 10
                nv_inference_first_response_histogram_ms_sum{model="m",version="1"} 3000
                nv_inference_first_response_histogram_ms{{suffix}}{model="m",version="1",le="100"} 0
                nv_inference_first_response_histogram_ms{{suffix}}{model="m",version="1",le="500"} 10
                nv_inference_first_response_histogram_ms{{suffix}}{model="m",version="1",le="+Inf"} 10
                """).Distribution(EngineSignal.TimeToFirstToken).Value!;
            histogram.Mean!.Value.ShouldBe(0.3, 1e-12);
            histogram.Quantile(0.5)!.Value.ShouldBe(0.3, 1e-12);
        }
    }

    [Fact]
    public void A_bucket_that_lags_behind_while_it_is_written_does_no_harm()
    {
        var histogram = Read("""
            trtllm_request_success_total 10
            trtllm_time_to_first_token_seconds_bucket{le="0.1"} 5
            trtllm_time_to_first_token_seconds_bucket{le="0.2"} 4
            trtllm_time_to_first_token_seconds_bucket{le="+Inf"} 10
            trtllm_time_to_first_token_seconds_count 10
            """).Distribution(EngineSignal.TimeToFirstToken).Value!;
        histogram.Counts.ShouldBe([5, 5, 10]);
        histogram.Mean.ShouldBeNull("no sum was there");
    }

    [Fact]
    public void It_is_known_which_numbers_stand_still_between_completions()
    {
        Of("trtllm-serve-1.3").ShouldBe((Movement.AtCompletion, Movement.AtCompletion));
        Of("triton-trtllm").ShouldBe((Movement.AtCompletion, Movement.EachIteration));
        Of("vllm").ShouldBe((Movement.EachIteration, Movement.EachIteration));

        static (Movement, Movement) Of(string sample)
        {
            var dialect = EngineMetrics.Read(SampleFile.Bytes(sample), default).Dialect;
            return (dialect.Tokens, dialect.Gauges);
        }
    }

    [Fact]
    public void Malformed_lines_are_named_as_a_possible_reason()
    {
        var signals = Read("trtllm_request_success_total 1\ntrtllm_num_requests_running{pid=\"1\" 4");
        signals.Running.UnknownBecause.ShouldContain("1 lines of the answer were malformed");
    }

    [Fact]
    public void The_GPUs_of_a_node()
    {
        var gpus = DcgmExporter.Read(SampleFile.Bytes("dcgm"));
        gpus.Count.ShouldBe(2);
        var busy = gpus[0];
        (busy.Uuid, busy.Index, busy.Node, busy.Namespace, busy.Pod).ShouldBe(("GPU-11111111-2222-3333-4444-555555555555", "0", "gpu-node-1", "llm", "nemotron-0"));
        (busy.MemoryUsedBytes.Value, busy.MemoryFreeBytes.Value, busy.Utilization.Value).ShouldBe((75776.0 * 1048576, 5248.0 * 1048576, 0.97));
        (busy.TensorActive.Value, busy.MemoryActive.Value, busy.Temperature.Value, busy.PowerWatts.Value, busy.LastXid.Value).ShouldBe((0.412, 0.63, 61, 512.4, 79));

        var idle = gpus[1];
        (idle.Node, idle.Pod).ShouldBe(("gpu-node-1", null), "newer exporters write hostname in lower case");
        idle.TensorActive.UnknownBecause.ShouldContain("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE");
        idle.MemoryUsedBytes.Value.ShouldBe(0);
    }

    private static EngineSignals Read(string text, DialectHint hint = default) => EngineMetrics.Read(Encoding.UTF8.GetBytes(text + "\n"), hint);

    private static string Words(EngineSignals s)
    {
        (string Name, EngineSignal Signal)[] scalars =
        [
            ("running", EngineSignal.Running), ("waiting", EngineSignal.Waiting), ("kv", EngineSignal.KvUsedFraction), ("used", EngineSignal.KvUsedBlocks), ("total", EngineSignal.KvTotalBlocks),
            ("per block", EngineSignal.KvTokensPerBlock), ("used tokens", EngineSignal.KvUsedTokens), ("total tokens", EngineSignal.KvTotalTokens), ("prompt", EngineSignal.PromptTokens),
            ("generated", EngineSignal.GenerationTokens), ("ok", EngineSignal.RequestsSucceeded), ("failed", EngineSignal.RequestsFailed), ("iterations", EngineSignal.Iterations),
        ];
        (string Name, EngineSignal Signal)[] distributions =
            [("ttft", EngineSignal.TimeToFirstToken), ("tpot", EngineSignal.TimePerOutputToken), ("queue", EngineSignal.QueueTime), ("e2e", EngineSignal.RequestTime)];
        return string.Join(", ", scalars.Select(p => $"{p.Name} {s[p.Signal].Value?.ToString("0.######") ?? "?"}")
            .Concat(distributions.Select(p => $"{p.Name} {s.Distribution(p.Signal).Value?.Quantile(0.5)?.ToString("0.###") ?? "?"}")));
    }
}
