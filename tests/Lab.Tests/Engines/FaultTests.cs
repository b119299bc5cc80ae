using System.Net;
using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;
using static Nemotron.Lab.Engines.Tests.EngineLab;

namespace Nemotron.Lab.Engines.Tests;

/// <summary>The failures of the facts, on demand.</summary>
public class FaultTests
{
    private const string Live = """{ "livenessProbe": { "httpGet": { "port": 8000, "path": "/health" }, "periodSeconds": 5, "failureThreshold": 3 } }""";

    [Fact]
    public async Task A_rank_crash_leaves_a_parent_that_answers_503_until_liveness_restarts_it()
    {
        await using var lab = await StartAsync(clockSpeed: 50);
        await lab.CreateReadyAsync(TrtLlm("nano", container: Live));
        lab.Cluster.SetFault("default", "nano", "rank-crash");

        await lab.UntilAsync(BuiltIn.Pods, () => !lab.Get("nano").ConditionIsTrue("Ready"), "not ready");
        await lab.UntilAsync(BuiltIn.Pods, () => lab.Status("nano").Whole("restartCount") == 1, "restarted");
        await lab.ReadyAsync("nano");

        lab.Events("nano").ShouldContain("Unhealthy: Liveness probe failed: HTTP probe failed with statuscode: 503");
        lab.Events("nano").ShouldContain("Killing: Container engine failed liveness probe, will be restarted");
        (await lab.LogAsync("nano", "?previous=true")).ShouldContain("MPI ranks exited");
        // Its successor is sound, though the annotation is still there.
        (await lab.PostAsync("nano", "/v1/chat/completions", Chat("Hello"), tokens: 5)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_crashed_rank_fails_the_requests_in_flight_and_refuses_new_ones()
    {
        await using var lab = await StartAsync(clockSpeed: 50);
        await lab.CreateReadyAsync(TrtLlm("nano"));
        var engine = lab.Engine("nano");
        var running = lab.StreamAsync("nano", "/v1/chat/completions", Chat("Hello", more: """{ "ignore_eos": true, "max_tokens": 30000 }"""));
        await Waiting.UntilAsync(() => engine.Replica.Load.Running == 1);
        lab.Cluster.SetFault("default", "nano", "rank-crash");
        await Should.ThrowAsync<IOException>(running);
        (await lab.PostAsync("nano", "/v1/chat/completions", Chat("Hello"))).Status.ShouldBe(503);
        using var health = await lab.Http.GetAsync(lab.Url("nano", "/health"), Cancel);
        health.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await health.Content.ReadAsStringAsync(Cancel)).ShouldBe("LLM is unavailable. Please check the server logs for more details.");
    }

    [Fact]
    public async Task So_many_requests_fail_as_the_annotation_asks()
    {
        await using var lab = await StartAsync(clockSpeed: 50);
        await lab.CreateReadyAsync(TrtLlm("nano"));
        lab.Cluster.SetFault("default", "nano", "fail=25");
        while (await AskAsync() != 500) lab.Get("nano").ConditionIsTrue("Ready").ShouldBeTrue();
        var statuses = new List<int>();
        for (var i = 0; i < 8; i++) statuses.Add(await AskAsync());
        statuses.Count(status => status == 500).ShouldBe(2);
        statuses.Count(status => status == 200).ShouldBe(6);

        async Task<int> AskAsync() => (await lab.PostAsync("nano", "/v1/chat/completions", Chat("Hello"), tokens: 2)).Status;
    }

    [Fact]
    public async Task A_hang_produces_no_token_and_says_it_is_well()
    {
        await using var lab = await StartAsync(clockSpeed: 50);
        await lab.CreateReadyAsync(TrtLlm("nano", container: Live));
        var engine = lab.Engine("nano");
        lab.Cluster.SetFault("default", "nano", "hang");
        await Waiting.UntilAsync(() => engine.Replica.Frozen);
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var asked = lab.Http.PostAsync(lab.Url("nano", "/v1/chat/completions"), System.Net.Http.Json.JsonContent.Create(Chat("Hello")), cut.Token);
        var began = lab.Cluster.Time.GetUtcNow();
        await Waiting.UntilAsync(() => lab.Cluster.Time.GetUtcNow() - began > TimeSpan.FromMinutes(1));
        asked.IsCompleted.ShouldBeFalse();
        lab.Get("nano").ConditionIsTrue("Ready").ShouldBeTrue();
        engine.Replica.Load.OutputTokens.ShouldBe(0);
        await cut.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(asked);
    }

    [Fact]
    public async Task A_fatal_error_ends_the_process_when_somebody_asks_for_its_health()
    {
        await using var lab = await StartAsync(clockSpeed: 50);
        await lab.CreateReadyAsync(TrtLlm("nano"));
        lab.Cluster.SetFault("default", "nano", "fatal-error");
        await lab.UntilAsync(BuiltIn.Pods, () => lab.Status("nano").Whole("restartCount") == 1, "restarted");
        lab.Status("nano").Whole("lastState", "terminated", "exitCode").ShouldBe(1);
    }

    [Fact]
    public async Task An_exit_is_a_crash_that_backs_off()
    {
        await using var lab = await StartAsync(clockSpeed: 50);
        await lab.CreateReadyAsync(TrtLlm("nano"));
        lab.Cluster.SetFault("default", "nano", "exit=3");
        await lab.UntilAsync(BuiltIn.Pods, () => lab.Status("nano").Whole("restartCount") == 1, "restarted");
        lab.Status("nano").Whole("lastState", "terminated", "exitCode").ShouldBe(3);
        await lab.ReadyAsync("nano");
        lab.Cluster.SetFault("default", "nano", "exit=4");
        await lab.UntilAsync(BuiltIn.Pods, () => lab.Status("nano").Text("state", "waiting", "reason") == "CrashLoopBackOff", "backing off");
        lab.Status("nano").Whole("lastState", "terminated", "exitCode").ShouldBe(4);
        lab.Events("nano").ShouldContain(line => line.StartsWith("BackOff: Back-off restarting failed container engine"));
    }

    [Fact]
    public async Task Loading_can_last_for_ever_or_end_out_of_memory()
    {
        await using var lab = await StartAsync(clockSpeed: 50);
        var slow = TrtLlm("slow");
        slow["metadata"]!["annotations"]![EngineFault.Annotation] = "load-forever";
        lab.Create(slow);
        var oom = TrtLlm("oom");
        oom["metadata"]!["annotations"]![EngineFault.Annotation] = "oom-at-load";
        lab.Create(oom);

        await lab.UntilAsync(BuiltIn.Pods, () => lab.Find("oom") is { } pod && pod.Items("status", "containerStatuses").Any(status => status.Text("lastState", "terminated", "reason") == "OOMKilled"), "killed");
        lab.Status("oom").Whole("lastState", "terminated", "exitCode").ShouldBe(137);
        lab.Get("slow").ConditionIsTrue("Ready").ShouldBeFalse();
        await Should.ThrowAsync<HttpRequestException>(() => lab.Http.GetAsync(lab.Url("slow", "/health"), Cancel));

        lab.Cluster.SetFault("default", "slow", null);
        await lab.ReadyAsync("slow");
    }

    [Fact]
    public async Task A_process_that_ignores_sigterm_is_killed_when_its_grace_period_ends()
    {
        await using var lab = await StartAsync(clockSpeed: 50);
        var pod = TrtLlm("nano");
        pod["metadata"]!["finalizers"] = new JsonArray("test/hold");
        await lab.CreateReadyAsync(pod);
        lab.Cluster.SetFault("default", "nano", "ignore-sigterm");
        lab.Cluster.Api.Delete(BuiltIn.Pods, "default", "nano");
        await lab.UntilAsync(BuiltIn.Pods, () => lab.Get("nano").Items("status", "containerStatuses").First().At("state", "terminated") is not null, "ended");
        lab.Status("nano").Whole("state", "terminated", "exitCode").ShouldBe(137);
        var asked = lab.Get("nano").Time("metadata", "deletionTimestamp")!.Value;
        // The API's times are whole seconds.
        lab.Status("nano").Time("state", "terminated", "finishedAt")!.Value.ShouldBeGreaterThanOrEqualTo(asked.AddSeconds(-2));
    }

    [Fact]
    public async Task Metrics_vanish_change_their_names_stand_still_and_break_off()
    {
        await using var lab = await StartAsync();
        lab.Create(Pod("v", "vllm/vllm-openai:v0.19.1", ["vllm", "serve", "nvidia/Llama-3.1-Nemotron-Nano-8B-v1"]));
        await lab.ReadyAsync("v");
        (await ScrapeAsync()).ShouldContain("\nvllm:generation_tokens_total{");

        await SetAsync("metrics-renamed", EngineFaultKind.MetricsRenamed);
        (await ScrapeAsync()).ShouldContain("\nv2_vllm:generation_tokens_total{");
        await SetAsync("metrics-missing", EngineFaultKind.MetricsMissing);
        await Should.ThrowAsync<HttpRequestException>(ScrapeAsync);
        await SetAsync("metrics-half", EngineFaultKind.MetricsHalf);
        await Should.ThrowAsync<HttpRequestException>(ScrapeAsync);
        await SetAsync("metrics-stale", EngineFaultKind.MetricsStale);
        var before = await ScrapeAsync();
        await lab.PostAsync("v", "/v1/chat/completions", Chat("Hello", more: """{ "model": "nvidia/Llama-3.1-Nemotron-Nano-8B-v1" }"""), tokens: 5);
        (await ScrapeAsync()).ShouldBe(before);
        lab.Cluster.SetFault("default", "v", null);
        await Waiting.UntilAsync(() => !lab.Process("v").Faults.Has(EngineFaultKind.MetricsStale));
        (await ScrapeAsync()).ShouldNotBe(before);

        Task<string> ScrapeAsync() => lab.Http.GetStringAsync(lab.Url("v", "/metrics"), Cancel);

        Task SetAsync(string fault, EngineFaultKind kind)
        {
            lab.Cluster.SetFault("default", "v", fault);
            return Waiting.UntilAsync(() => lab.Process("v").Faults.Has(kind));
        }
    }

    [Fact]
    public async Task A_slow_engine_takes_as_many_times_longer()
    {
        await using var lab = await StartAsync();
        await lab.CreateReadyAsync(TrtLlm("nano"));
        var engine = lab.Engine("nano");
        await lab.PostAsync("nano", "/v1/chat/completions", Chat("Hello"), tokens: 50);
        var usual = engine.Counters.EndToEnd.Sum;
        var began = lab.Cluster.Time.GetUtcNow();
        lab.Cluster.SetFault("default", "nano", "slow=20");
        await Waiting.UntilAsync(() => engine.Replica.Slowness == 20);
        await lab.PostAsync("nano", "/v1/chat/completions", Chat("Hello"), tokens: 50);
        (lab.Cluster.Time.GetUtcNow() - began).ShouldBeGreaterThan(TimeSpan.FromSeconds(usual * 19));
    }

    [Fact]
    public async Task An_unknown_fault_is_told_of_in_the_log()
    {
        await using var lab = await StartAsync();
        var pod = TrtLlm("nano");
        pod["metadata"]!["annotations"]![EngineFault.Annotation] = "explode";
        await lab.CreateReadyAsync(pod);
        (await lab.LogAsync("nano")).ShouldContain("\"explode\" is no fault; known are rank-crash, hang");
        Should.Throw<FormatException>(() => lab.Cluster.SetFault("default", "nano", "slow=x")).Message.ShouldContain("what follows = is a number");
    }

    [Theory]
    [InlineData("rank-crash", "RankCrash")]
    [InlineData("slow=3, metrics-stale#7", "Slow=3 MetricsStale")]
    [InlineData("gpu-xid=94", "GpuXid=94")]
    [InlineData("none", "")]
    [InlineData("", "")]
    public void Annotations_are_read(string text, string faults) =>
        string.Join(' ', EngineFault.Parse(text).Select(fault => fault.Value is { } value ? $"{fault.Kind}={value}" : $"{fault.Kind}")).ShouldBe(faults);

    [Fact]
    public void Every_fault_is_described()
    {
        EngineFault.Known.Select(known => known.Name.Split('[')[0]).ShouldBe(Enum.GetValues<EngineFaultKind>().Select(EngineFault.NameOf));
    }
}
