using System.Text;
using Nemotron.Engines.Clients;
using Nemotron.Engines.Health;
using Nemotron.Engines.Health.Progress;
using Nemotron.Engines.Metrics;

namespace Nemotron.Engines.Tests.Health;

public class ProgressDetectorTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly EngineHealth Ready = HealthRules.Next(EngineHealth.NotAsked(Start), new HealthAnswer.Http(200, ""), null, PodFacts.None, Start);
    private static readonly TokenProbe Token = new(ProbeOutcome.Token, TimeSpan.FromSeconds(0.4));
    private static readonly TokenProbe TimedOut = new(ProbeOutcome.TimedOut, TimeSpan.FromSeconds(30));

    private ProgressState _state = ProgressState.Start(Start);

    [Fact]
    public void Tokens_that_flow_are_health()
    {
        for (var t = 0; t < 600; t += 5) Gateway(t, inFlight: 8, tokens: t * 100).Verdict.ShouldBe(ProgressVerdict.Healthy);
    }

    [Fact]
    public void Nothing_to_do_is_health_however_long_nothing_moves()
    {
        for (var t = 0; t < 3600; t += 5) Gateway(t, inFlight: 0, tokens: 500).Verdict.ShouldBe(ProgressVerdict.Healthy);
    }

    [Fact]
    public void Work_without_tokens_is_suspect_and_two_failed_probes_make_it_hung()
    {
        Gateway(0, 3, 500);
        Gateway(119, 3, 500).Verdict.ShouldBe(ProgressVerdict.Healthy);
        var suspect = Gateway(121, 3, 500);
        (suspect.Verdict, suspect.ProbeWanted).ShouldBe((ProgressVerdict.Suspect, true));
        suspect.Evidence.ShouldContain("3 requests in flight by the gateway's count, and no token for 121 s");

        (Gateway(155, 3, 500, TimedOut) is { Verdict: ProgressVerdict.Suspect, ProbeWanted: false }).ShouldBeTrue("probes are spaced");
        Gateway(216, 3, 500).ProbeWanted.ShouldBeTrue();
        var hung = Gateway(250, 3, 500, TimedOut);
        (hung.Verdict, hung.ProbeWanted).ShouldBe((ProgressVerdict.Hung, false));
        hung.Evidence.ShouldContain("2 probes by one token failed");
    }

    [Fact]
    public void A_token_of_the_probe_clears_the_suspicion_and_its_count()
    {
        Gateway(0, 3, 500);
        Gateway(130, 3, 500);
        Gateway(165, 3, 500, TimedOut);
        var cleared = Gateway(230, 3, 500, Token);
        (cleared.Verdict, cleared.FailedProbes).ShouldBe((ProgressVerdict.Healthy, 0));
        Gateway(340, 3, 500).Verdict.ShouldBe(ProgressVerdict.Healthy);
    }

    [Fact]
    public void A_hung_engine_that_moves_is_healthy_again()
    {
        Gateway(0, 3, 500);
        Gateway(130, 3, 500, TimedOut);
        Gateway(200, 3, 500, TimedOut).Verdict.ShouldBe(ProgressVerdict.Hung);
        Gateway(205, 3, 501).Verdict.ShouldBe(ProgressVerdict.Healthy);
    }

    [Fact]
    public void A_frozen_gauge_alone_never_makes_it_hung()
    {
        // What trtllm-serve 1.3 shows after its last request: one request running, for ever.
        var frozen = TrtLlm(running: 1, tokens: 900, completed: 4);
        Engine(0, frozen);
        for (var t = 5; t < 890; t += 5) Engine(t, frozen).Verdict.ShouldBe(ProgressVerdict.Healthy);
        var suspect = Engine(905, frozen);
        (suspect.Verdict, suspect.ProbeWanted).ShouldBe((ProgressVerdict.Suspect, true));
        suspect.Evidence.ShouldContain("the gauge may be old");
        Engine(910, frozen, Token).Verdict.ShouldBe(ProgressVerdict.Healthy);
        Engine(1500, frozen).Verdict.ShouldBe(ProgressVerdict.Healthy, "the clock starts anew with the probe's token");
    }

    [Fact]
    public void An_answer_with_an_error_is_not_a_hang_where_only_a_frozen_gauge_speaks()
    {
        var frozen = TrtLlm(running: 1, tokens: 900, completed: 4);
        var refused = new TokenProbe(ProbeOutcome.Failed, TimeSpan.FromSeconds(0.1), "HTTP 400 no such model");
        Engine(0, frozen);
        for (var t = 905; t < 3000; t += 61) Engine(t, frozen, refused).Verdict.ShouldBe(ProgressVerdict.Suspect);
    }

    [Fact]
    public void A_live_counter_of_the_engine_is_believed()
    {
        var vllm = Read("""
            vllm:num_requests_running{engine="0",model_name="m"} 2
            vllm:num_requests_waiting{engine="0",model_name="m"} 0
            vllm:generation_tokens_total{engine="0",model_name="m"} 77
            """);
        Engine(0, vllm);
        Engine(121, vllm).Verdict.ShouldBe(ProgressVerdict.Suspect);
    }

    [Fact]
    public void Tritons_iterations_are_movement_though_its_token_counts_stand_still()
    {
        for (var t = 0; t < 600; t += 5)
        {
            Engine(t, Read($$"""
                nv_trt_llm_request_metrics{model="tensorrt_llm",request_type="scheduled",version="1"} 2
                nv_trt_llm_request_metrics{model="tensorrt_llm",request_type="waiting",version="1"} 0
                nv_trt_llm_general_metrics{general_type="iteration_counter",model="tensorrt_llm",version="1"} {{t * 30}}
                nv_llm_output_token_len_sum{model="tensorrt_llm",response_metric_type="total_output_tokens",version="1"} 100
                """)).Verdict.ShouldBe(ProgressVerdict.Healthy);
        }
    }

    [Fact]
    public void Waiting_requests_that_nobody_takes_are_work_too()
    {
        // "No free slots": nothing runs, and the queue stands.
        var stuck = Read("""
            vllm:num_requests_running{engine="0",model_name="m"} 0
            vllm:num_requests_waiting{engine="0",model_name="m"} 9
            vllm:generation_tokens_total{engine="0",model_name="m"} 77
            """);
        Engine(0, stuck);
        Engine(130, stuck).Verdict.ShouldBe(ProgressVerdict.Suspect);
    }

    [Fact]
    public void An_engine_that_cannot_be_probed_is_hung_by_a_live_counter_alone_only_much_later()
    {
        Gateway(0, 1, 5);
        Gateway(121, 1, 5, new TokenProbe(ProbeOutcome.Unsupported, TimeSpan.Zero)).ProbeWanted.ShouldBeFalse();
        Gateway(599, 1, 5).Verdict.ShouldBe(ProgressVerdict.Suspect);
        var hung = Gateway(600, 1, 5);
        hung.Verdict.ShouldBe(ProgressVerdict.Hung);
        hung.Evidence.ShouldContain("cannot be probed");
    }

    [Fact]
    public void Five_minutes_of_503_after_ready_are_a_hang()
    {
        var dead = Ready with { State = EngineState.Dead, Reason = HealthReasons.UnreadyTooLong, Message = "It was ready and is not." };
        ProgressDetector.Next(_state, new ProgressSample { At = Start, Health = dead }, ProgressLimits.Default).Verdict.ShouldBe(ProgressVerdict.Hung);
    }

    [Fact]
    public void A_partition_changes_no_verdict_and_asks_for_no_probe()
    {
        Gateway(0, 3, 500);
        Gateway(130, 3, 500).ProbeWanted.ShouldBeTrue();
        var lost = Ready with { State = EngineState.Unreachable };
        _state = ProgressDetector.Next(_state, new ProgressSample { At = Start.AddSeconds(300), Health = lost }, ProgressLimits.Default);
        (_state.Verdict, _state.ProbeWanted).ShouldBe((ProgressVerdict.Suspect, false));
    }

    [Fact]
    public void An_old_count_of_the_gateway_is_not_used()
    {
        Gateway(0, 3, 500);
        var stale = new GatewayProgress(3, 500, Start);
        _state = ProgressDetector.Next(_state, new ProgressSample { At = Start.AddMinutes(10), Health = Ready, Gateway = stale }, ProgressLimits.Default);
        (_state.Verdict, _state.Source).ShouldBe((ProgressVerdict.Healthy, ProgressSource.None));
    }

    [Fact]
    public void Unknown_is_not_standing_still()
    {
        // Triton's llmapi model says nothing of running requests.
        var silent = Read("nv_inference_request_success{model=\"tensorrt_llm\",version=\"1\"} 5");
        for (var t = 0; t < 3600; t += 60) Engine(t, silent).Verdict.ShouldBe(ProgressVerdict.Healthy);
        _state.Evidence.ShouldContain("does not say how many requests run");
    }

    private ProgressState Gateway(int seconds, int inFlight, double tokens, TokenProbe? probe = null)
    {
        var at = Start.AddSeconds(seconds);
        return _state = ProgressDetector.Next(_state, new ProgressSample { At = at, Health = Ready, Gateway = new(inFlight, tokens, at), Probe = probe }, ProgressLimits.Default);
    }

    private ProgressState Engine(int seconds, EngineSignals load, TokenProbe? probe = null) =>
        _state = ProgressDetector.Next(_state, new ProgressSample { At = Start.AddSeconds(seconds), Health = Ready, Load = load, Probe = probe }, ProgressLimits.Default);

    private static EngineSignals TrtLlm(int running, int tokens, int completed) => Read($$"""
        trtllm_num_requests_running{engine_type="pytorch",model_name="m",pid="1"} {{running}}
        trtllm_num_requests_waiting{engine_type="pytorch",model_name="m",pid="1"} 0
        trtllm_generation_tokens_total{engine_type="pytorch",model_name="m"} {{tokens}}
        trtllm_request_success_total{engine_type="pytorch",finished_reason="stop",model_name="m"} {{completed}}
        """);

    private static EngineSignals Read(string text) => EngineMetrics.Read(Encoding.UTF8.GetBytes(text + "\n"), default);
}
