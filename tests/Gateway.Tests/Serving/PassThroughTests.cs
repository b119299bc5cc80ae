using System.Net;
using System.Net.WebSockets;
using System.Text;
using Nemotron.Gateway.Tests.Infrastructure;
using Nemotron.Planning;

namespace Nemotron.Gateway.Tests.Serving;

/// <summary>What the gateway does not read goes through as it is.</summary>
public class PassThroughTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET", "/v1/models", "")]
    [InlineData("POST", "/v1/embeddings?x=1&y=%20", "{\"input\":  \"a\"}")]
    [InlineData("POST", "/tokenize", "no json at all \u0001")]
    [InlineData("DELETE", "/v1/files/a%2Fb%20c", "")]
    [InlineData("GET", "/v1/chat/completions", "")]
    public async Task Paths_queries_and_bodies(string method, string target, string body)
    {
        await using var engine = await StubEngine.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, upstream: engine.Address));
        using var request = new HttpRequestMessage(new HttpMethod(method), target);
        if (body.Length > 0) request.Content = new StringContent(body);
        request.Headers.Add("X-Nemotron-Reasoning", "on");
        request.Headers.Add("X-Own", "kept");
        if (method == "GET" && target == "/v1/chat/completions") engine.Special = (context, _) =>
        {
            context.Response.StatusCode = 405;
            return Task.FromResult(true);
        };
        using var answer = await gateway.Client.SendAsync(request, Cancelled);
        (engine.Last.Method, engine.Last.Target, engine.Last.Text).ShouldBe((method, target, body));
        engine.Last.Headers["X-Own"].ShouldBe("kept");
        engine.Last.Headers.Keys.ShouldNotContain("X-Nemotron-Reasoning");
        if (engine.Special is not null) answer.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
    }

    [Theory]
    [InlineData("/v1/chat/completions#/../../../tokenize", GatewayEnforcement.Enforced)]
    [InlineData("/v1/chat/completions#", GatewayEnforcement.Default)]
    [InlineData("/tokenize?a#b", GatewayEnforcement.Enforced)]
    public async Task A_target_that_engines_read_otherwise_is_refused(string target, GatewayEnforcement enforcement)
    {
        await using var engine = await StubEngine.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(new GatewayReasoning { Grammar = ReasoningGrammar.ThinkTags, Enforcement = enforcement }) with { Upstream = engine.Address });
        (await PostRawAsync(gateway, target)).ShouldBe("HTTP/1.1 400 Bad Request");
        engine.Seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_let_through_as_harmless_reaches_the_engine_as_that_path()
    {
        await using var engine = await StubEngine.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(
            Settings.Of(new GatewayReasoning { Grammar = ReasoningGrammar.ThinkTags, Enforcement = GatewayEnforcement.Enforced }) with { Upstream = engine.Address });
        (await PostRawAsync(gateway, "/v1/chat/completions/../../../tokenize?x=%20")).ShouldBe("HTTP/1.1 200 OK");
        engine.Last.Target.ShouldBe("/tokenize?x=%20");
    }

    // As no client library would write it.
    private static async Task<string?> PostRawAsync(RunningGateway gateway, string target)
    {
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync("127.0.0.1", gateway.Client.BaseAddress!.Port, Cancelled);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{{}}"), Cancelled);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        return await reader.ReadLineAsync(Cancelled);
    }

    [Fact]
    public async Task WebSockets()
    {
        await using var engine = await StubEngine.StartAsync();
        engine.Special = async (context, _) =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            var buffer = new byte[64];
            var read = await socket.ReceiveAsync(buffer, Cancelled);
            await socket.SendAsync(buffer.AsMemory(0, read.Count), WebSocketMessageType.Text, true, Cancelled);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Cancelled);
            return true;
        };
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, upstream: engine.Address));
        using var client = new ClientWebSocket();
        await client.ConnectAsync(new Uri($"ws://127.0.0.1:{gateway.Client.BaseAddress!.Port}/v1/realtime"), Cancelled);
        await client.SendAsync("ping"u8.ToArray(), WebSocketMessageType.Text, true, Cancelled);
        var answer = new byte[64];
        var got = await client.ReceiveAsync(answer, Cancelled);
        Encoding.UTF8.GetString(answer, 0, got.Count).ShouldBe("ping");
    }

    [Fact]
    public async Task The_admin_port_is_not_the_clients()
    {
        await using var engine = await StubEngine.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, upstream: engine.Address));
        // The engine's own /metrics is passed through; the gateway's is on its own port.
        using (var answer = await gateway.Client.GetAsync("/metrics", Cancelled)) (await answer.Content.ReadAsStringAsync(Cancelled)).ShouldContain("echo");
        (await gateway.Admin.GetStringAsync("/metrics", Cancelled)).ShouldContain("nemotron_gateway_requests_in_flight{mode=\"unset\"} 0");
        using (var answer = await gateway.Admin.GetAsync("/v1/models", Cancelled)) answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Series_do_not_grow_with_what_clients_send()
    {
        await using var engine = await StubEngine.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, upstream: engine.Address));
        using (await gateway.ChatAsync("\"model\":\"a\"")) { }
        using (await gateway.PostAsync("/path/0", "{}")) { }
        var before = await SeriesAsync(gateway);
        for (var i = 1; i < 50; i++)
        {
            using (await gateway.ChatAsync($"\"model\":\"m{i}\",\"user\":\"u{i}\"")) { }
            using (await gateway.PostAsync($"/path/{i}", "{}")) { }
        }

        (await SeriesAsync(gateway)).ShouldBe(before);

        static async Task<string[]> SeriesAsync(RunningGateway gateway) =>
            [.. (await gateway.Admin.GetStringAsync("/metrics", Cancelled)).Split('\n').Where(line => line.StartsWith("nemotron_", StringComparison.Ordinal)).Select(line => line.Split(' ')[0])];
    }
}
