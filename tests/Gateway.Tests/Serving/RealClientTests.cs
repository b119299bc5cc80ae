using System.Text.Json;
using Nemotron.Gateway.Tests.Infrastructure;
using Nemotron.Planning;

namespace Nemotron.Gateway.Tests.Serving;

/// <summary>Real clients against the gateway: OpenAI's npm package and curl. The engine behind it is simulated.</summary>
public class RealClientTests
{
    private static readonly string Clients = Repository.PathOf("tests", "Gateway.Tests", "clients");

    private static readonly SemaphoreSlim Install = new(1, 1);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task OpenAIs_client()
    {
        await InstallAsync();
        await using var engine = await StubEngine.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, ReasoningMode.Off, engine.Address));
        using var seen = JsonDocument.Parse(await Tool.RunAsync("node", Clients, "openai.mjs", new Uri(gateway.Client.BaseAddress!, "/v1").ToString()));
        var saw = seen.RootElement;
        saw.GetProperty("models").ToString().ShouldBe("[\"stub\"]");
        saw.GetProperty("stream").GetString().ShouldBe("Hello there!");
        saw.GetProperty("usage").ToString().ShouldBe("[3]");
        saw.GetProperty("whole").ToString().ShouldBe("[\"Hello there!\",\"Hello there!\"]");
        saw.GetProperty("tool").ToString().ShouldBe("{\"name\":\"f\",\"arguments\":\"Hello there!\"}");
        saw.GetProperty("toolStream").GetString().ShouldBe("Hello there!");
        saw.GetProperty("mode").ToString().ShouldBe("[\"on\",\"template-kwargs\"]");
        saw.GetProperty("responses").GetString().ShouldBe("Hello there!");
        saw.GetProperty("responsesStream").GetString().ShouldBe("Hello there!");
        saw.GetProperty("completions").GetString().ShouldBe("Hello there!");
        saw.GetProperty("error").ToString().ShouldBe("{\"status\":400,\"code\":\"missing_field\",\"param\":\"messages\"}");
    }

    [Fact]
    public async Task OpenAIs_client_giving_up()
    {
        await InstallAsync();
        await using var engine = await StubEngine.StartAsync();
        engine.Gate = new SemaphoreSlim(1);
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, ReasoningMode.Off, engine.Address));
        (await Tool.RunAsync("node", Clients, "cancel.mjs", new Uri(gateway.Client.BaseAddress!, "/v1").ToString())).ShouldBe("Hello\n");
        await Until.TrueAsync(() => engine.Cancelled == 1, "the engine's work is cut");
    }

    [Fact]
    public async Task Curl()
    {
        await using var engine = await StubEngine.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.SystemDetailedThinking, ReasoningMode.On, engine.Address));
        var url = new Uri(gateway.Client.BaseAddress!, "/v1/chat/completions").ToString();
        const string body = "{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}";
        var streamed = await Tool.RunAsync("curl", Clients, "-sS", "-i", "-N", "-H", "Content-Type: application/json", "-H", "X-Nemotron-Reasoning: off", "-d", body, url);
        streamed.ShouldContain("X-Nemotron-Reasoning: off\r\n");
        streamed.ShouldEndWith("data: [DONE]\n\n");
        (await Tool.RunAsync("curl", Clients, "-sS", "-d", "{\"tools\":[{}],\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}", url)).ShouldContain("\"tool_calls\"");

        engine.Gate = new SemaphoreSlim(1);
        using var curl = Tool.Start("curl", Clients, "-sS", "-N", "-d", body, url);
        var line = "";
        while (!line.Contains("Hello", StringComparison.Ordinal)) line = await curl.StandardOutput.ReadLineAsync(Cancelled) ?? throw new EndOfStreamException();
        curl.Kill();
        await curl.WaitForExitAsync(Cancelled);
        await Until.TrueAsync(() => engine.Cancelled == 1, "the engine's work is cut");
    }

    private static async Task InstallAsync()
    {
        await Install.WaitAsync(Cancelled);
        try
        {
            if (!Directory.Exists(Path.Combine(Clients, "node_modules", "openai"))) await Tool.RunAsync("npm", Clients, "ci", "--no-audit", "--no-fund", "--loglevel=error");
        }
        finally
        {
            Install.Release();
        }
    }
}
