using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Nemotron.Gateway.Draining;
using Nemotron.Gateway.Tests.Infrastructure;
using Nemotron.Planning;

namespace Nemotron.Gateway.Tests.Serving;

/// <summary>What is not served is told in OpenAI's shape, and the engine is not bothered.</summary>
public class RefusalTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("{\"messages\":", 400, "invalid_json")]
    [InlineData("{\"model\":\"m\"}", 400, "missing_field")]
    [InlineData("", 400, "invalid_json")]
    public async Task A_malformed_body(string body, int status, string code)
    {
        await using var engine = await StubEngine.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, upstream: engine.Address));
        using var answer = await gateway.PostAsync("/v1/chat/completions", body);
        await ShouldTellAsync(answer, status, code);
        engine.Seen.ShouldBeEmpty();
        (await gateway.MetricAsync("nemotron_gateway_errors_total{kind=\"malformed\"}")).ShouldBe(1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_that_is_too_large(bool saysItsLength)
    {
        await using var engine = await StubEngine.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, upstream: engine.Address) with { Limits = new GatewayLimits { BodyBytes = 1000 } });
        foreach (var path in new[] { "/v1/chat/completions", "/v1/embeddings" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(new string('x', 5000)) };
            if (!saysItsLength) request.Headers.TransferEncodingChunked = true;
            using var answer = await gateway.Client.SendAsync(request, Cancelled);
            await ShouldTellAsync(answer, 413, "body_too_large");
        }
    }

    [Fact]
    public async Task Headers_that_are_too_large_and_compressed_bodies()
    {
        await using var engine = await StubEngine.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, upstream: engine.Address));
        using (var answer = await gateway.ChatAsync("", ("X-Large", new string('x', 40_000)))) answer.StatusCode.ShouldBe(HttpStatusCode.RequestHeaderFieldsTooLarge);
        using var content = new ByteArrayContent([1, 2, 3]);
        content.Headers.ContentEncoding.Add("gzip");
        using var compressed = await gateway.Client.PostAsync("/v1/chat/completions", content, Cancelled);
        await ShouldTellAsync(compressed, 415, "content_encoding");
        engine.Seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_engine_that_is_not_there()
    {
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, upstream: $"http://127.0.0.1:{FreePort()}"));
        using (var answer = await gateway.ChatAsync("\"stream\":true"))
        {
            await ShouldTellAsync(answer, 503, "engine_not_ready");
            answer.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(5));
        }

        using (var answer = await gateway.Client.GetAsync("/v1/models", Cancelled)) await ShouldTellAsync(answer, 503, "engine_not_ready");
        using (var answer = await gateway.Admin.GetAsync("/readyz", Cancelled)) answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        using (var answer = await gateway.Admin.GetAsync("/healthz", Cancelled)) answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_engine_that_comes_up_later_makes_the_gateway_ready()
    {
        await using var engine = await StubEngine.StartAsync();
        engine.IsHealthy = false;
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, upstream: engine.Address));
        using (var answer = await gateway.Admin.GetAsync("/readyz", Cancelled)) answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        engine.IsHealthy = true;
        await Until.TrueAsync(async () => (await gateway.Admin.GetAsync("/readyz", Cancelled)).IsSuccessStatusCode, "the gateway is ready");
        (await gateway.MetricAsync("nemotron_gateway_upstream_ready")).ShouldBe(1);
    }

    [Theory]
    [InlineData(400, "{\"error\":{\"message\":\"no\"}}", "engine_client_error")]
    [InlineData(503, "loading", "engine_server_error")]
    public async Task An_engine_that_refuses_is_passed_on(int status, string body, string kind)
    {
        await using var engine = await StubEngine.StartAsync();
        engine.Special = async (context, _) =>
        {
            context.Response.StatusCode = status;
            await context.Response.WriteAsync(body);
            return true;
        };
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, upstream: engine.Address));
        using var answer = await gateway.ChatAsync("\"stream\":true");
        ((int)answer.StatusCode).ShouldBe(status);
        (await answer.Content.ReadAsStringAsync(Cancelled)).ShouldBe(body);
        if (status == 503) answer.Headers.RetryAfter.ShouldNotBeNull();
        (await gateway.MetricAsync($"nemotron_gateway_errors_total{{kind=\"{kind}\"}}")).ShouldBe(1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_engine_that_falls_silent_is_given_up(bool inTheStream)
    {
        var clock = new FakeTimeProvider();
        await using var engine = await StubEngine.StartAsync();
        engine.Gate = new SemaphoreSlim(0);
        if (!inTheStream)
            engine.Special = async (context, _) =>
            {
                await engine.Gate.WaitAsync(context.RequestAborted);
                return true;
            };
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, upstream: engine.Address) with
        {
            Timeouts = new GatewayTimeouts { FirstByte = TimeSpan.FromSeconds(20), Idle = TimeSpan.FromSeconds(10) },
        }, clock);
        var asking = gateway.ChatAsync("\"stream\":true");
        await Until.TrueAsync(() => engine.Seen.Count == 1, "the engine is asked");
        if (inTheStream) await asking;
        clock.Advance(TimeSpan.FromSeconds(inTheStream ? 9 : 19));
        gateway.Service<ActiveRequests>().Count.ShouldBe(1);
        await Until.TrueAsync(() =>
        {
            clock.Advance(TimeSpan.FromMilliseconds(250));
            return gateway.Service<ActiveRequests>().Count == 0;
        }, "the request is given up");
        using var answer = await asking;
        if (inTheStream) (await answer.Content.ReadAsStringAsync(Cancelled)).ShouldContain("\"code\":\"engine_timeout\"");
        else await ShouldTellAsync(answer, 504, "engine_timeout");
        await Until.TrueAsync(() => engine.Cancelled == 1, "the engine's work is cut");
        (await gateway.MetricAsync("nemotron_gateway_errors_total{kind=\"engine_timeout\"}")).ShouldBe(1);
    }

    [Fact]
    public async Task A_client_that_does_not_send_its_body_is_given_up()
    {
        var clock = new FakeTimeProvider();
        await using var engine = await StubEngine.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, upstream: engine.Address), clock);
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", gateway.Client.BaseAddress!.Port, Cancelled);
        await using var stream = client.GetStream();
        await stream.WriteAsync("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"mess"u8.ToArray(), Cancelled);
        await Until.TrueAsync(() => gateway.Service<ActiveRequests>().Count == 1, "the request has begun");
        await Until.TrueAsync(() =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            return gateway.Service<ActiveRequests>().Count == 0;
        }, "the request is given up");
        using var reader = new StreamReader(stream, Encoding.ASCII);
        (await reader.ReadLineAsync(Cancelled)).ShouldBe("HTTP/1.1 408 Request Timeout");
        engine.Seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task More_requests_than_may_be_in_flight()
    {
        await using var engine = await StubEngine.StartAsync();
        engine.Gate = new SemaphoreSlim(0);
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, upstream: engine.Address) with { Limits = new GatewayLimits { RequestsInFlight = 1 } });
        using var first = await gateway.ChatAsync("\"stream\":true");
        using (var second = await gateway.ChatAsync("\"stream\":true")) await ShouldTellAsync(second, 429, "too_many_requests");
        engine.Gate.Release(3);
        (await first.Content.ReadAsStringAsync(Cancelled)).ShouldEndWith("[DONE]\n\n");
    }

    internal static async Task ShouldTellAsync(HttpResponseMessage answer, int status, string code)
    {
        using var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancelled));
        ((int)answer.StatusCode, document.RootElement.GetProperty("error").GetProperty("code").GetString()).ShouldBe((status, code));
        document.RootElement.GetProperty("error").GetProperty("message").GetString()!.ShouldNotBeEmpty();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
