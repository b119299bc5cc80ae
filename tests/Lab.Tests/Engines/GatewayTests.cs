using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;
using Nemotron.Planning;
using static Nemotron.Lab.Engines.Tests.EngineLab;

namespace Nemotron.Lab.Engines.Tests;

/// <summary>A gateway beside an engine that listens on the pod's localhost only.</summary>
public class GatewayTests
{
    [Fact]
    public async Task Without_its_program_requests_go_on_as_they_are()
    {
        await using var lab = await StartAsync();
        lab.CreateConfig("gateway", "gateway.yaml", Settings(ReasoningMode.On));
        await lab.CreateReadyAsync(Pod());
        lab.Get("nano").Items("status", "containerStatuses").Count(status => status.Flag("ready")).ShouldBe(2);
        (await lab.LogAsync("nano", "?container=gateway")).ShouldContain("The gateway does not run here");
        await Should.ThrowAsync<HttpRequestException>(() => lab.Http.GetAsync(lab.Url("nano", "/health", 8001), Cancel));
        (await AskAsync(lab)).ShouldStartWith("Simulated answer");
    }

    [Fact]
    public async Task Without_its_program_a_stop_lets_what_goes_through_come_to_its_end()
    {
        await using var lab = await StartAsync();
        lab.CreateConfig("gateway", "gateway.yaml", Settings(ReasoningMode.On));
        await lab.CreateReadyAsync(Pod());
        using var request = new HttpRequestMessage(HttpMethod.Post, lab.Url("nano", "/v1/chat/completions"))
        {
            Content = new StringContent("""{"model":"nano","stream":true,"messages":[{"role":"user","content":"Hello"}]}""", System.Text.Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("x-lab-output-tokens", "2000");
        using var answer = await lab.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
        lab.Cluster.Api.Delete(BuiltIn.Pods, "default", "nano");
        (await answer.Content.ReadAsStringAsync(Cancel)).ShouldEndWith("data: [DONE]\n\n");
        await lab.UntilAsync(BuiltIn.Pods, () => lab.Find("nano") is null, "gone");
    }

    [Fact]
    public async Task The_real_one_holds_the_declared_mode_takes_changes_and_drains()
    {
        var program = Program();
        if (program is null) Assert.Skip("src/Gateway is not built: dotnet build src/Gateway");
        await using var lab = await StartAsync(gateway: program);
        lab.CreateConfig("gateway", "gateway.yaml", Settings(ReasoningMode.On));
        await lab.CreateReadyAsync(Pod());
        (await AskAsync(lab)).ShouldStartWith("<think>\n");

        lab.Cluster.Api.MergePatch(BuiltIn.ConfigMaps, "default", "gateway", new() { ["data"] = new JsonObject { ["gateway.yaml"] = Settings(ReasoningMode.Off) } }, "test");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while ((await AskAsync(lab)).StartsWith("<think>")) await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, limit.Token);

        lab.Cluster.Api.Delete(BuiltIn.Pods, "default", "nano");
        await lab.UntilAsync(BuiltIn.Pods, () => lab.Find("nano") is null, "gone");
    }

    private static async Task<string> AskAsync(EngineLab lab) =>
        (await lab.PostAsync("nano", "/v1/chat/completions", Chat("Hello"), tokens: 40)).Body.Items("choices").Single().Text("message", "content")!;

    private static JsonObject Pod()
    {
        var pod = TrtLlm("nano", more: ["--host", "127.0.0.1", "--port", "8001"], container: """{ "readinessProbe": { "exec": { "command": ["curl", "-sf", "http://localhost:8001/health"] }, "periodSeconds": 1 } }""");
        ((JsonArray)pod["spec"]!["containers"]!).Add(JsonNode.Parse("""
            { "name": "gateway", "image": "example/nemotron-gateway:0.1.0", "args": ["--config", "/etc/gateway/gateway.yaml", "--port", "8000", "--admin-port", "9464"],
              "readinessProbe": { "httpGet": { "port": 9464, "path": "/readyz" }, "periodSeconds": 1 },
              "lifecycle": { "preStop": { "exec": { "command": ["/nemotron-gateway", "drain"] } } },
              "volumeMounts": [ { "name": "gateway", "mountPath": "/etc/gateway" } ] }
            """));
        pod["spec"]!["volumes"] = JsonNode.Parse("""[ { "name": "gateway", "configMap": { "name": "gateway" } } ]""");
        return pod;
    }

    private static string Settings(ReasoningMode mode) => GatewaySettingsYaml.Render(new()
    {
        Upstream = "http://127.0.0.1:8001",
        Reasoning = new() { Grammar = ReasoningGrammar.SystemDetailedThinking, Default = mode },
    });

    private static string? Program()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "NemotronOperator.sln"))) continue;
            return new[] { "Debug", "Release" }.Select(configuration => Path.Combine(folder.FullName, "src", "Gateway", "bin", configuration, "net10.0", "nemotron-gateway.dll")).FirstOrDefault(File.Exists);
        }

        return null;
    }
}
