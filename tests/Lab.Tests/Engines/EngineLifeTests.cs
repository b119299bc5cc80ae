using System.Net.Sockets;
using Nemotron.Lab.Controllers;
using static Nemotron.Lab.Engines.Tests.EngineLab;

namespace Nemotron.Lab.Engines.Tests;

/// <summary>From a pod to an engine that serves, and back.</summary>
public class EngineLifeTests
{
    [Fact]
    public async Task A_pod_refuses_while_it_loads_becomes_ready_by_its_probe_and_answers_at_its_address()
    {
        await using var lab = await StartAsync(loadSpeed: 4);
        lab.Create(TrtLlm("nano"));
        await lab.UntilAsync(BuiltIn.Pods, () => lab.Find("nano").Text("status", "phase") == "Running", "running");
        lab.Get("nano").ConditionIsTrue("Ready").ShouldBeFalse();
        var refused = await Should.ThrowAsync<HttpRequestException>(() => lab.Http.GetAsync(lab.Url("nano", "/health"), Cancel));
        ((SocketException)refused.InnerException!).SocketErrorCode.ShouldBe(SocketError.ConnectionRefused);

        await lab.ReadyAsync("nano");

        using var health = await lab.Http.GetAsync(lab.Url("nano", "/health"), Cancel);
        ((int)health.StatusCode).ShouldBe(200);
        health.Headers.Server.ToString().ShouldContain("simulated");
        lab.Events("nano").ShouldContain(line => line.StartsWith("Unhealthy: Readiness probe failed: Get \"http://127.") && line.EndsWith("connect: connection refused"));
        (await lab.LogAsync("nano")).ShouldContain("simulated");
        var (status, answer) = await lab.PostAsync("nano", "/v1/chat/completions", Chat("Hello"), tokens: 20);
        status.ShouldBe(200);
        answer.Items("choices").Single().Text("message", "content")!.ShouldStartWith("Simulated answer of nvidia/Llama-3.1-Nemotron-Nano-8B-v1:");
        answer.Whole("usage", "completion_tokens").ShouldBe(20);
    }
}
