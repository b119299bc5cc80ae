using System.Net;
using Microsoft.Extensions.Time.Testing;
using Nemotron.Gateway.Draining;
using Nemotron.Gateway.Tests.Infrastructure;
using Nemotron.Planning;

namespace Nemotron.Gateway.Tests.Serving;

/// <summary>A replica on its way out.</summary>
public class DrainTests
{
    private const int Streams = 200;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_drain_with_200_streams_in_flight_loses_none()
    {
        await using var engine = await StubEngine.StartAsync();
        engine.Tokens = [.. Enumerable.Range(0, 20).Select(i => $" {i}")];
        engine.Gate = new SemaphoreSlim(0);
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, ReasoningMode.On, engine.Address));
        await Until.TrueAsync(async () => (await gateway.Admin.GetAsync("/readyz", Cancelled)).IsSuccessStatusCode, "the gateway is ready");
        var answers = await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ => gateway.ChatAsync("\"stream\":true")));
        gateway.Service<ActiveRequests>().Count.ShouldBe(Streams);

        var drained = gateway.Admin.PostAsync("/drain?wait=true", null, Cancelled);
        await Until.TrueAsync(async () => await gateway.MetricAsync("nemotron_gateway_draining") == 1, "the drain has begun");
        using (var answer = await gateway.Admin.GetAsync("/readyz", Cancelled)) answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        using (var answer = await gateway.ChatAsync("\"stream\":true"))
        {
            await RefusalTests.ShouldTellAsync(answer, 503, "draining");
            answer.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(5));
            answer.Headers.ConnectionClose.ShouldBe(true);
        }

        drained.IsCompleted.ShouldBeFalse();
        engine.Gate.Release(Streams * 20);
        var texts = await Task.WhenAll(answers.Select(answer => answer.Content.ReadAsStringAsync(Cancelled)));
        texts.Distinct().Count().ShouldBe(1);
        texts[0].Split("\n\n").Count(line => line.Contains("\"content\":\" ", StringComparison.Ordinal)).ShouldBe(20);
        texts[0].ShouldEndWith("data: [DONE]\n\n");
        (await (await drained).Content.ReadAsStringAsync(Cancelled)).ShouldBe("{\"draining\":true,\"inFlight\":0}\n");
        (await gateway.MetricAsync("nemotron_gateway_cancelled_total{by=\"drain\"}")).ShouldBe(0);
        foreach (var answer in answers) answer.Dispose();
    }

    [Fact]
    public async Task At_the_deadline_what_is_left_is_cut_and_told()
    {
        await using var engine = await StubEngine.StartAsync();
        engine.Gate = new SemaphoreSlim(1);
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, ReasoningMode.On, engine.Address) with
        {
            Drain = new GatewayDrain { Deadline = TimeSpan.FromMilliseconds(100) },
        });
        using var answer = await gateway.ChatAsync("\"stream\":true");
        using (await gateway.Admin.PostAsync("/drain?wait=true", null, Cancelled)) gateway.Service<ActiveRequests>().Count.ShouldBe(0);
        (await answer.Content.ReadAsStringAsync(Cancelled)).ShouldContain("\"code\":\"draining\"");
        await Until.TrueAsync(() => engine.Cancelled == 1, "the engine's work is cut");
        (await gateway.MetricAsync("nemotron_gateway_cancelled_total{by=\"drain\"}")).ShouldBe(1);
    }

    [Fact]
    public async Task At_the_deadline_what_is_passed_through_is_cut_and_told_too()
    {
        var clock = new FakeTimeProvider();
        await using var engine = await StubEngine.StartAsync();
        engine.Special = async (context, _) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
            return true;
        };
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, upstream: engine.Address), clock);
        var asked = gateway.PostAsync("/tokenize", "{}");
        await Until.TrueAsync(() => !engine.Seen.IsEmpty, "the engine is asked");
        using (await gateway.Admin.PostAsync("/drain", null, Cancelled)) { }
        clock.Advance(new GatewayDrain().Deadline);
        using var answer = await asked;
        await RefusalTests.ShouldTellAsync(answer, 503, "draining");
        answer.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(5));
        answer.Headers.ConnectionClose.ShouldBe(true);
        await Until.TrueAsync(async () => await gateway.MetricAsync("nemotron_gateway_requests_total{mode=\"unset\",endpoint=\"other\",outcome=\"cancelled\"}") == 1, "it has ended");
        (await gateway.MetricAsync("nemotron_gateway_cancelled_total{by=\"drain\"}")).ShouldBe(1);
        (await gateway.MetricAsync("nemotron_gateway_errors_total{kind=\"engine_broken\"}")).ShouldBe(0);
    }

    [Fact]
    public async Task An_answer_that_begins_while_draining_ends_its_connection()
    {
        await using var engine = await StubEngine.StartAsync();
        using var gate = new SemaphoreSlim(0);
        engine.Special = async (context, _) =>
        {
            await gate.WaitAsync(context.RequestAborted);
            return false;
        };
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, upstream: engine.Address));
        gate.Release();
        using (var before = await gateway.ChatAsync("")) before.Headers.ConnectionClose.ShouldNotBe(true);
        var asked = gateway.ChatAsync("");
        await Until.TrueAsync(() => engine.Seen.Count == 2, "the engine is asked");
        using (await gateway.Admin.PostAsync("/drain", null, Cancelled)) { }
        gate.Release();
        using var answer = await asked;
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Headers.ConnectionClose.ShouldBe(true);
    }

    [Fact]
    public async Task Who_leaves_is_unready_at_once_serves_on_for_the_delay_and_tells_who_waits_when_all_is_done()
    {
        var clock = new FakeTimeProvider();
        await using var engine = await StubEngine.StartAsync();
        engine.Gate = new SemaphoreSlim(0);
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, ReasoningMode.On, engine.Address) with
        {
            Drain = new GatewayDrain { Delay = TimeSpan.FromSeconds(5), Deadline = TimeSpan.FromMinutes(5) },
        }, clock);
        // As the engine's preStop hook does: from anywhere, and without beginning a drain.
        var waiting = gateway.Admin.GetAsync(new Uri($"{gateway.Admin.BaseAddress}/drain?wait=true"), Cancelled);
        (await gateway.Admin.GetStringAsync("/drain", Cancelled)).ShouldBe("{\"draining\":false,\"inFlight\":0}\n");

        var leaving = gateway.Service<Drain>().LeaveAsync(Cancelled);
        (await gateway.Admin.GetAsync("/readyz", Cancelled)).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        using var late = await gateway.ChatAsync("\"stream\":true");
        late.StatusCode.ShouldBe(HttpStatusCode.OK, "a Service may still send requests here");

        clock.Advance(TimeSpan.FromSeconds(5));
        await Until.TrueAsync(async () => await gateway.MetricAsync("nemotron_gateway_draining") == 1, "new requests are refused");
        using (var answer = await gateway.ChatAsync("\"stream\":true")) answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (leaving.IsCompleted || waiting.IsCompleted).ShouldBeFalse();

        engine.Gate.Release(1000);
        (await late.Content.ReadAsStringAsync(Cancelled)).ShouldEndWith("data: [DONE]\n\n");
        await leaving;
        (await (await waiting).Content.ReadAsStringAsync(Cancelled)).ShouldBe("{\"draining\":true,\"inFlight\":0}\n");
    }

    [Fact]
    public async Task The_mark_of_the_settings_in_force_is_told()
    {
        await using var engine = await StubEngine.StartAsync();
        var settings = Settings.Of(ReasoningGrammar.ThinkTags, upstream: engine.Address);
        await using var gateway = await RunningGateway.StartAsync(settings);
        (await gateway.Admin.GetStringAsync("/settings", Cancelled)).ShouldBe("{\"revision\":null}\n");
        await gateway.WriteSettingsAsync(settings with { Revision = "a \"mark\"" });
        await Until.TrueAsync(async () => (await gateway.Admin.GetStringAsync("/settings", Cancelled)).Contains("mark", StringComparison.Ordinal), "the new settings are in force");
        System.Text.Json.JsonDocument.Parse(await gateway.Admin.GetStringAsync("/settings", Cancelled)).RootElement.GetProperty("revision").GetString().ShouldBe("a \"mark\"");
    }

    [Fact]
    public async Task A_drain_may_be_taken_back()
    {
        await using var engine = await StubEngine.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, upstream: engine.Address));
        using (await gateway.Admin.PostAsync("/drain", null, Cancelled)) { }
        using (var answer = await gateway.ChatAsync("")) answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        using (await gateway.Admin.DeleteAsync("/drain", Cancelled)) { }
        using (var answer = await gateway.ChatAsync("")) answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_drain_that_was_taken_back_cuts_nothing_and_ends_no_wait()
    {
        var clock = new FakeTimeProvider();
        await using var engine = await StubEngine.StartAsync();
        engine.Gate = new SemaphoreSlim(1);
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, ReasoningMode.On, engine.Address) with
        {
            Drain = new GatewayDrain { Deadline = TimeSpan.FromSeconds(2) },
        }, clock);
        using var answer = await gateway.ChatAsync("\"stream\":true");
        var drained = gateway.Admin.PostAsync("/drain?wait=true", null, Cancelled);
        await Until.TrueAsync(async () => await gateway.MetricAsync("nemotron_gateway_draining") == 1, "the drain has begun");
        using (await gateway.Admin.DeleteAsync("/drain", Cancelled)) { }
        clock.Advance(TimeSpan.FromSeconds(3));
        engine.Gate.Release(1000);
        (await answer.Content.ReadAsStringAsync(Cancelled)).ShouldEndWith("data: [DONE]\n\n");
        // Who asked for it is told that it was taken back; who waits for the next one waits on.
        using (var told = await drained) (await told.Content.ReadAsStringAsync(Cancelled)).ShouldContain("\"draining\":false");
        await Until.TrueAsync(() => gateway.Service<ActiveRequests>().Count == 0, "nothing is in flight");
        gateway.Service<Drain>().WhenCompletedAsync(Cancelled).IsCompleted.ShouldBeFalse();
        using (await gateway.Admin.PostAsync("/drain?wait=true", null, Cancelled)) { }
        gateway.Service<Drain>().WhenCompletedAsync(Cancelled).IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public async Task A_drain_that_nobody_waits_for_has_its_deadline_and_its_end_too()
    {
        var clock = new FakeTimeProvider();
        await using var engine = await StubEngine.StartAsync();
        engine.Gate = new SemaphoreSlim(1);
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, ReasoningMode.On, engine.Address) with
        {
            Drain = new GatewayDrain { Deadline = TimeSpan.FromSeconds(2) },
        }, clock);
        using var answer = await gateway.ChatAsync("\"stream\":true");
        using (await gateway.Admin.PostAsync("/drain", null, Cancelled)) { }
        clock.Advance(TimeSpan.FromSeconds(3));
        (await answer.Content.ReadAsStringAsync(Cancelled)).ShouldContain("\"code\":\"draining\"");
        (await gateway.Admin.GetStringAsync("/drain?wait=true", Cancelled)).ShouldBe("{\"draining\":true,\"inFlight\":0}\n");
    }

    [Fact]
    public async Task A_process_that_stops_is_not_kept_by_a_drain_that_is_taken_back()
    {
        await using var engine = await StubEngine.StartAsync();
        engine.Gate = new SemaphoreSlim(1);
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, ReasoningMode.On, engine.Address));
        using var answer = await gateway.ChatAsync("\"stream\":true");
        using (await gateway.Admin.PostAsync("/drain", null, Cancelled)) { }
        var leaving = gateway.Service<Drain>().LeaveAsync(Cancelled);
        using (var kept = await gateway.Admin.DeleteAsync("/drain", Cancelled)) (await kept.Content.ReadAsStringAsync(Cancelled)).ShouldBe("{\"draining\":true,\"inFlight\":1}\n");
        engine.Gate.Release(1000);
        await leaving;
        (await answer.Content.ReadAsStringAsync(Cancelled)).ShouldEndWith("data: [DONE]\n\n");
        using var late = await gateway.ChatAsync("");
        late.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
    }
}
