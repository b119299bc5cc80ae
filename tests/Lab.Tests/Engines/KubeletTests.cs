using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;
using static Nemotron.Lab.Engines.Tests.EngineLab;

namespace Nemotron.Lab.Engines.Tests;

/// <summary>What kubelets do with processes: probes of every kind, hooks, signals, wrong command lines, missing objects, lost nodes.</summary>
public class KubeletTests
{
    [Theory]
    [InlineData("""{ "tcpSocket": { "port": 8000 } }""")]
    [InlineData("""{ "exec": { "command": ["curl", "-sf", "http://localhost:8000/health"] } }""")]
    [InlineData("""{ "exec": { "command": ["sh", "-c", "test -f /nowhere || wget -q http://127.0.0.1:8000/health"] } }""")]
    public async Task Probes_of_every_kind_find_out_when_the_engine_serves(string probe)
    {
        await using var lab = await StartAsync();
        var pod = TrtLlm("nano", container: $$"""{ "readinessProbe": {{probe}} }""");
        pod["spec"]!["containers"]![0]!["readinessProbe"]!["periodSeconds"] = 1;
        await lab.CreateReadyAsync(pod);
        lab.Events("nano").ShouldContain(line => line.StartsWith("Unhealthy: Readiness probe failed: "));
    }

    [Fact]
    public async Task The_grpc_probe_works_with_triton_and_not_with_trtllm_serve()
    {
        await using var lab = await StartAsync();
        lab.CreateConfig("engine", "model.yaml", "model: nvidia/Llama-3.1-Nemotron-Nano-8B-v1\ntriton_config: { decoupled: true }");
        var triton = Pod(
            "triton", "nvcr.io/nvidia/tritonserver:26.07-trtllm-python-py3", ["tritonserver", "--model-repository=/x/llmapi"],
            more: """{ "readinessProbe": { "grpc": { "port": 8001 }, "periodSeconds": 1 }, "volumeMounts": [ { "name": "c", "mountPath": "/c" } ] }""", env: ["LLM_CONFIG_PATH=/c/model.yaml"]);
        triton["spec"]!["volumes"] = JsonNode.Parse("""[ { "name": "c", "configMap": { "name": "engine" } } ]""");
        await lab.CreateReadyAsync(triton);
        lab.Create(TrtLlm("token", more: ["--grpc"], container: """{ "readinessProbe": { "grpc": { "port": 8000 }, "periodSeconds": 1 } }"""));
        await lab.UntilAsync(BuiltIn.Events, () => lab.Events("token").Any(line => line.Contains("does not implement the grpc health protocol")), "refused");
        lab.Get("token").ConditionIsTrue("Ready").ShouldBeFalse();
    }

    [Fact]
    public async Task A_startup_probe_that_never_succeeds_restarts_the_container()
    {
        await using var lab = await StartAsync(clockSpeed: 50, loadSpeed: 1);
        lab.Create(TrtLlm("nano", container: """{ "startupProbe": { "httpGet": { "port": 8000, "path": "/health" }, "periodSeconds": 1, "failureThreshold": 3 } }"""));
        await lab.UntilAsync(BuiltIn.Pods, () => lab.Find("nano")?.Items("status", "containerStatuses").FirstOrDefault().Whole("restartCount") >= 1, "restarted");
        lab.Events("nano").ShouldContain("Killing: Container engine failed startup probe, will be restarted");
        lab.Status("nano").Flag("started").ShouldBeFalse();
    }

    [Fact]
    public async Task A_wrong_command_line_ends_in_a_crash_loop_that_says_why()
    {
        await using var lab = await StartAsync(clockSpeed: 50);
        lab.Create(TrtLlm("nano", more: ["--tp-size", "1"], container: """{ "terminationMessagePolicy": "FallbackToLogsOnError" }"""));
        await lab.UntilAsync(BuiltIn.Pods, () => lab.Find("nano")?.Items("status", "containerStatuses").FirstOrDefault().Text("state", "waiting", "reason") == "CrashLoopBackOff", "crash loop");
        lab.Status("nano").Whole("lastState", "terminated", "exitCode").ShouldBe(2);
        lab.Status("nano").Text("lastState", "terminated", "message")!.ShouldContain("No such option: --tp-size Did you mean --tp_size?");
        (await lab.LogAsync("nano")).ShouldContain("Error: No such option: --tp-size Did you mean --tp_size?");
    }

    [Fact]
    public async Task What_does_not_fit_runs_out_of_memory()
    {
        await using var lab = await StartAsync(clockSpeed: 50);
        lab.Create(Pod("ultra", "nvcr.io/nvidia/tensorrt-llm/release:1.2.1", ["trtllm-serve", "nvidia/Llama-3_1-Nemotron-Ultra-253B-v1", "--host", "0.0.0.0", "--tp_size", "4", "--trust_remote_code"], gpus: 4));
        await lab.UntilAsync(BuiltIn.Pods, () => lab.Find("ultra")?.Items("status", "containerStatuses").FirstOrDefault().Whole("lastState", "terminated", "exitCode") == 1, "crashed");
        (await lab.LogAsync("ultra", "?previous=true")).ShouldContain("torch.OutOfMemoryError: CUDA out of memory.");
    }

    [Fact]
    public async Task Custom_code_is_not_run_unless_it_is_trusted()
    {
        await using var lab = await StartAsync(clockSpeed: 50);
        lab.Create(Pod("super", "nvcr.io/nvidia/tensorrt-llm/release:1.2.1", ["trtllm-serve", "nvidia/Llama-3_3-Nemotron-Super-49B-v1", "--host", "0.0.0.0", "--tp_size", "2"], gpus: 2));
        await lab.UntilAsync(BuiltIn.Pods, () => lab.Find("super")?.Items("status", "containerStatuses").FirstOrDefault().Whole("lastState", "terminated", "exitCode") == 1, "crashed");
        (await lab.LogAsync("super", "?previous=true")).ShouldContain("trust_remote_code=True");
    }

    [Fact]
    public async Task Localhost_is_not_reached_from_outside_the_pod()
    {
        await using var lab = await StartAsync();
        var pod = Pod(
            "hidden", "nvcr.io/nvidia/tensorrt-llm/release:1.2.1", ["trtllm-serve", "nvidia/Llama-3.1-Nemotron-Nano-8B-v1"],
            more: """{ "readinessProbe": { "exec": { "command": ["curl", "-sf", "http://localhost:8000/health"] }, "periodSeconds": 1 } }""");
        await lab.CreateReadyAsync(pod);
        var refused = await Should.ThrowAsync<HttpRequestException>(() => lab.Http.GetAsync(lab.Url("hidden", "/health"), Cancel));
        ((SocketException)refused.InnerException!).SocketErrorCode.ShouldBe(SocketError.ConnectionRefused);
    }

    [Fact]
    public async Task Objects_that_are_missing_hold_the_pod_back_until_they_come()
    {
        await using var lab = await StartAsync(clockSpeed: 50);
        var pod = TrtLlm("nano", container: """{ "env": [ { "name": "HF_TOKEN", "valueFrom": { "secretKeyRef": { "name": "hub", "key": "token" } } } ] }""");
        lab.Create(pod);
        await lab.UntilAsync(BuiltIn.Pods, () => lab.Find("nano")?.Items("status", "containerStatuses").FirstOrDefault().Text("state", "waiting", "reason") == "CreateContainerConfigError", "held");
        lab.Status("nano").Text("state", "waiting", "message").ShouldBe("secret \"hub\" not found");
        lab.Cluster.Api.Create(BuiltIn.Secrets, "default", new() { ["metadata"] = new JsonObject { ["name"] = "hub" }, ["data"] = new JsonObject { ["token"] = "eHg=" } }, "test");
        await lab.ReadyAsync("nano");
        lab.Process("nano").Start.Environment["HF_TOKEN"].ShouldBe("xx");
    }

    [Fact]
    public async Task Deletion_runs_the_hook_then_drains_and_no_request_is_cut()
    {
        await using var lab = await StartAsync(clockSpeed: 20);
        var pod = TrtLlm("nano", container: """{ "lifecycle": { "preStop": { "exec": { "command": ["sleep", "5"] } } } }""");
        await lab.CreateReadyAsync(pod);
        var engine = lab.Engine("nano");
        var asked = lab.PostAsync("nano", "/v1/chat/completions", Chat("Hello", more: """{ "ignore_eos": true, "max_tokens": 600 }"""));
        await Waiting.UntilAsync(() => engine.Replica.Load.Running == 1);
        lab.Cluster.Api.Delete(BuiltIn.Pods, "default", "nano");

        // While the hook sleeps the engine still takes requests.
        (await lab.PostAsync("nano", "/v1/chat/completions", Chat("Hello"), tokens: 1)).Status.ShouldBe(200);
        var (status, answer) = await asked;
        status.ShouldBe(200);
        answer.Whole("usage", "completion_tokens").ShouldBe(600);
        await lab.UntilAsync(BuiltIn.Pods, () => lab.Find("nano") is null, "gone");
    }

    [Fact]
    public async Task Process_one_is_deaf_to_sigterm_while_it_loads_unless_an_init_stands_before_it()
    {
        await using var lab = await StartAsync(clockSpeed: 50, loadSpeed: 0.5);
        lab.Create(TrtLlm("deaf"));
        var init = TrtLlm("init");
        init["spec"]!["shareProcessNamespace"] = true;
        lab.Create(init);
        await lab.UntilAsync(BuiltIn.Pods, () => lab.Find("deaf").Text("status", "phase") == "Running" && lab.Find("init").Text("status", "phase") == "Running", "running");
        lab.Cluster.Api.Delete(BuiltIn.Pods, "default", "deaf");
        lab.Cluster.Api.Delete(BuiltIn.Pods, "default", "init");
        await lab.UntilAsync(BuiltIn.Pods, () => lab.Find("init") is null, "init gone");
        lab.Find("deaf").ShouldNotBeNull();
        await lab.UntilAsync(BuiltIn.Pods, () => lab.Find("deaf") is null, "deaf gone");
    }

    [Fact]
    public async Task A_node_that_is_cut_off_answers_nobody_and_comes_back_with_its_engines()
    {
        await using var lab = await StartAsync(clockSpeed: 20);
        await lab.CreateReadyAsync(TrtLlm("nano"));
        var node = lab.Get("nano").Text("spec", "nodeName")!;
        var url = lab.Url("nano", "/health");
        lab.Cluster.CutOff(node).ShouldBeTrue();
        await Waiting.UntilAsync(() => lab.Cluster.Engines!.Runtime.Processes.Single().IsUnreachable);
        var asked = lab.Http.GetAsync(url, Cancel);
        var began = lab.Cluster.Time.GetUtcNow();
        await Waiting.UntilAsync(() => lab.Cluster.Time.GetUtcNow() - began > TimeSpan.FromSeconds(20));
        asked.IsCompleted.ShouldBeFalse();

        lab.Cluster.Reconnect(node);
        await Waiting.UntilAsync(() => !lab.Cluster.Engines!.Runtime.Processes.Single().IsUnreachable);
        (await lab.Http.GetAsync(url, Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Logs_are_followed_and_cut_as_asked()
    {
        await using var lab = await StartAsync(clockSpeed: 5);
        lab.Create(TrtLlm("nano"));
        await lab.UntilAsync(BuiltIn.Pods, () => lab.Find("nano").Text("status", "phase") == "Running", "running");
        using var following = await lab.Http.GetAsync(new Uri(lab.Cluster.Url, "api/v1/namespaces/default/pods/nano/log?follow=true"), HttpCompletionOption.ResponseHeadersRead, Cancel);
        using var reader = new StreamReader(await following.Content.ReadAsStreamAsync(Cancel));
        string? line;
        do line = await reader.ReadLineAsync(Cancel);
        while (line is not null && !line.Contains("Uvicorn running"));
        line.ShouldNotBeNull();
        (await lab.LogAsync("nano", "?tailLines=1")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(1);
        (await lab.LogAsync("nano", "?limitBytes=10")).ShouldBe("[nemotron-");
        (await lab.LogAsync("nano", "?timestamps=true")).ShouldStartWith("20");
        using var wrong = await lab.Http.GetAsync(new Uri(lab.Cluster.Url, "api/v1/namespaces/default/pods/nano/log?container=x"), Cancel);
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }
}
