using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Nemotron.Gateway.Draining;
using Nemotron.Gateway.Tests.Infrastructure;
using Nemotron.Planning;

namespace Nemotron.Gateway.Tests.Serving;

/// <summary>Clients that ask for a stream, stay, and read nothing of it.</summary>
public class StalledClientTests
{
    private static readonly byte[] Piece = Encoding.UTF8.GetBytes($"data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{new string('x', 1 << 16)}\"}}}}]}}\n\n");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_is_given_up_and_the_engine_is_not_blamed()
    {
        var clock = new FakeTimeProvider();
        await using var engine = await StubEngine.StartAsync();
        var written = Endless(engine);
        await using var gateway = await RunningGateway.StartAsync(
            Settings.Of(ReasoningGrammar.ThinkTags, upstream: engine.Address) with { Timeouts = new GatewayTimeouts { Idle = TimeSpan.FromSeconds(30) } }, clock);
        using var client = await AskAsync(gateway);
        await StallsAsync(written);
        await Until.TrueAsync(() =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            return gateway.Service<ActiveRequests>().Count == 0;
        }, "the request is given up");
        await Until.TrueAsync(async () => await gateway.MetricAsync("nemotron_gateway_requests_total{mode=\"off\",endpoint=\"chat\",outcome=\"cancelled\"}") == 1, "it is the client's");
        (await gateway.MetricAsync("nemotron_gateway_errors_total{kind=\"engine_timeout\"}")).ShouldBe(0);
        await Until.TrueAsync(() => engine.Cancelled == 1, "the engine's work is cut");
    }

    [Fact]
    public async Task One_keeps_no_drain_from_its_end()
    {
        await using var engine = await StubEngine.StartAsync();
        var written = Endless(engine);
        await using var gateway = await RunningGateway.StartAsync(
            Settings.Of(ReasoningGrammar.ThinkTags, upstream: engine.Address) with { Drain = new GatewayDrain { Deadline = TimeSpan.FromMilliseconds(100) } });
        using var client = await AskAsync(gateway);
        await StallsAsync(written);
        using (await gateway.Admin.PostAsync("/drain?wait=true", null, Cancelled)) gateway.Service<ActiveRequests>().Count.ShouldBe(0);
    }

    [Fact]
    public async Task What_does_not_end_when_it_is_cut_keeps_no_drain_either()
    {
        var clock = new FakeTimeProvider();
        await using var engine = await StubEngine.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, upstream: engine.Address), clock);
        var requests = gateway.Service<ActiveRequests>();
        var stuck = requests.TryEnter(null, out _, CancellationToken.None).ShouldNotBeNull();
        var drained = gateway.Service<Drain>().CompleteAsync(Cancelled);
        clock.Advance(new GatewayDrain().Deadline);
        await Until.TrueAsync(() => stuck.Reason != Nemotron.Gateway.Observing.CutReason.None, "it is cut");
        drained.IsCompleted.ShouldBeFalse();
        await Until.TrueAsync(() =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            return drained.IsCompleted;
        }, "the drain ends");
        requests.Count.ShouldBe(1);
        requests.Leave(stuck);
    }

    private static Func<int> Endless(StubEngine engine)
    {
        var written = 0;
        engine.Special = async (context, _) =>
        {
            context.Response.ContentType = "text/event-stream";
            while (true)
            {
                await context.Response.Body.WriteAsync(Piece, context.RequestAborted);
                context.RequestAborted.ThrowIfCancellationRequested();
                Interlocked.Increment(ref written);
            }
        };
        return () => Volatile.Read(ref written);
    }

    private static async Task<TcpClient> AskAsync(RunningGateway gateway)
    {
        var client = new TcpClient { ReceiveBufferSize = 4096 };
        await client.ConnectAsync("127.0.0.1", gateway.Client.BaseAddress!.Port, Cancelled);
        const string body = "{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}";
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {body.Length}\r\n\r\n{body}"), Cancelled);
        return client;
    }

    // All buffers on the way are full once the engine gets rid of nothing more.
    private static async Task StallsAsync(Func<int> written)
    {
        var (last, still) = (0, 0);
        await Until.TrueAsync(() =>
        {
            var now = written();
            still = now == last && now > 0 ? still + 1 : 0;
            last = now;
            return still == 50;
        }, "nothing more goes on its way");
    }
}
