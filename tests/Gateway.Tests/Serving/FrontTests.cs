using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Nemotron.Gateway.Draining;
using Nemotron.Gateway.Tests.Infrastructure;
using Nemotron.Planning;

namespace Nemotron.Gateway.Tests.Serving;

/// <summary>A gateway before a deployment that may have no replica: it holds what asks for an answer until one serves.</summary>
public class FrontTests
{
    private const string Chat = """{"messages":[{"role":"user","content":"q"}]}""";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_are_held_until_a_replica_serves_and_reach_its_gateway_as_they_came()
    {
        var port = FreePort();
        await using var front = await StartAsync(port);
        using (var ready = await front.Admin.GetAsync("/readyz", Cancelled)) ready.StatusCode.ShouldBe(HttpStatusCode.OK);
        var held = Enumerable.Range(0, 3).Select(_ => front.PostAsync("/v1/chat/completions", Chat, ("X-Nemotron-Reasoning", "on"), ("Authorization", "Bearer k"))).ToList();
        await Until.TrueAsync(async () => await front.MetricAsync("nemotron_gateway_requests_held") == 3, "three requests to be held");
        // What only looks is told at once, and wakes nobody.
        using (var models = await front.Client.GetAsync("/v1/models", Cancelled)) models.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);

        await using var replica = await StubEngine.StartAsync(port);
        foreach (var asking in held)
        {
            using var answer = await asking;
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            (await answer.Content.ReadAsStringAsync(Cancelled)).ShouldContain("Hello there!");
        }

        replica.Last.Text.ShouldBe(Chat);
        replica.Last.Headers["X-Nemotron-Reasoning"].ShouldBe("on");
        replica.Last.Headers["Authorization"].ShouldBe("Bearer k");
        (await front.MetricAsync("nemotron_gateway_requests_held")).ShouldBe(0);
        (await front.MetricAsync("nemotron_gateway_requests_total{mode=\"unset\",endpoint=\"chat\",outcome=\"ok\"}")).ShouldBe(3);
    }

    [Fact]
    public async Task A_replica_whose_gateway_asks_for_a_key_counts_as_there_and_the_front_asks_for_it_first()
    {
        await using var replica = await StubEngine.StartAsync();
        replica.Special = (context, seen) =>
        {
            if (seen.Method == "GET") context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.FromResult(seen.Method == "GET");
        };
        await using var front = await RunningGateway.StartAsync(
            Settings(replica.Address) with { HealthPath = "/asks-for-a-key", Access = new GatewayAccess { ApiKeysFile = "$FOLDER/keys" } }, files: folder => File.WriteAllText(Path.Combine(folder, "keys"), "k\n"));
        using (var stranger = await front.PostAsync("/v1/chat/completions", Chat)) stranger.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using var answer = await front.PostAsync("/v1/chat/completions", Chat, ("Authorization", "Bearer k"));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        replica.Last.Headers["Authorization"].ShouldBe("Bearer k");
    }

    [Fact]
    public async Task When_none_comes_in_time_or_too_many_wait_the_client_is_told_to_come_again()
    {
        await using var front = await StartAsync(FreePort(), hold: TimeSpan.FromSeconds(1), most: 1);
        var first = front.PostAsync("/v1/chat/completions", Chat);
        await Until.TrueAsync(async () => await front.MetricAsync("nemotron_gateway_requests_held") == 1, "the first to be held");
        using (var second = await front.PostAsync("/v1/chat/completions", Chat)) second.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        using var late = await first;
        late.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        late.Headers.RetryAfter.ShouldNotBeNull();
        (await late.Content.ReadAsStringAsync(Cancelled)).ShouldContain("\"code\":\"no_replica\"");
    }

    [Fact]
    public async Task A_client_that_goes_away_is_not_waited_for()
    {
        await using var front = await StartAsync(FreePort());
        using var impatient = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new StringContent(Chat) };
        var asking = front.Client.SendAsync(request, impatient.Token);
        await Until.TrueAsync(async () => await front.MetricAsync("nemotron_gateway_requests_held") == 1, "it to be held");
        await impatient.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => asking);
        await Until.TrueAsync(async () => await front.MetricAsync("nemotron_gateway_requests_held") == 0, "it to be let go");
        (await front.MetricAsync("nemotron_gateway_cancelled_total{by=\"client\"}")).ShouldBe(1);
    }

    [Fact]
    public async Task A_replica_that_has_gone_since_it_was_asked_last_costs_no_request()
    {
        var port = FreePort();
        await using var front = await StartAsync(port);
        await using (await StubEngine.StartAsync(port))
        {
            using var served = await front.PostAsync("/v1/chat/completions", Chat);
            served.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        var held = front.PostAsync("/v1/chat/completions", Chat);
        await Until.TrueAsync(async () => await front.MetricAsync("nemotron_gateway_requests_held") == 1, "it to be held");
        await using var back = await StubEngine.StartAsync(port);
        using var answer = await held;
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task One_look_at_the_replicas_serves_all_who_come_meanwhile()
    {
        await using var replica = await StubEngine.StartAsync();
        using var gate = new SemaphoreSlim(0);
        SlowLooks(replica, gate);
        // By a clock that stands still no look is given up.
        await using var front = await RunningGateway.StartAsync(Settings(replica.Address) with { HealthPath = "/look" }, new FakeTimeProvider());
        var asking = Enumerable.Range(0, 8).Select(_ => front.PostAsync("/v1/chat/completions", Chat)).ToList();
        await Until.TrueAsync(() => front.Service<ActiveRequests>().Count == 8, "all have come");
        gate.Release(100);
        foreach (var asked in asking)
        {
            using var answer = await asked;
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        replica.Seen.Count(seen => seen.Method == "GET").ShouldBeLessThan(8);
    }

    [Fact]
    public async Task A_replica_that_is_slow_to_say_that_it_is_well_is_not_taken_for_none()
    {
        var clock = new FakeTimeProvider();
        await using var replica = await StubEngine.StartAsync();
        using var gate = new SemaphoreSlim(1);
        SlowLooks(replica, gate);
        await using var front = await RunningGateway.StartAsync(Settings(replica.Address) with { HealthPath = "/look" }, clock);
        await Until.TrueAsync(async () => await front.MetricAsync("nemotron_gateway_upstream_ready") == 1, "it is well");
        var asking = front.PostAsync("/v1/chat/completions", Chat);
        await Until.TrueAsync(() => replica.Seen.Count(seen => seen.Method == "GET") == 2, "it is asked again");
        await Until.TrueAsync(() =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            return asking.IsCompleted;
        }, "the request is answered");
        using var answer = await asking;
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static void SlowLooks(StubEngine replica, SemaphoreSlim gate) => replica.Special = async (context, seen) =>
    {
        if (seen.Method == "GET") await gate.WaitAsync(context.RequestAborted);
        return seen.Method == "GET";
    };

    private static Task<RunningGateway> StartAsync(int port, TimeSpan? hold = null, int most = 10) => RunningGateway.StartAsync(Settings($"http://127.0.0.1:{port}", hold, most));

    private static GatewaySettings Settings(string upstream, TimeSpan? hold = null, int most = 10) => new()
    {
        Upstream = upstream,
        Reasoning = new GatewayReasoning { Grammar = ReasoningGrammar.None },
        Front = new GatewayFront { Hold = hold ?? TimeSpan.FromMinutes(1), MostHeld = most },
    };

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
