using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace Nemotron.Kube.Tests;

public sealed class EventTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static PublishedEvent Event(string message = "m", string uid = "u", string reason = "R") =>
        new("v1", "Pod", "default", "p", uid, "1", reason, message, EventType.Normal);

    [Fact]
    public void SameAgain_IsCountedInASeries_WrittenOnceAMinute()
    {
        var c = new EventCorrelator();
        var (action, series) = c.Observe(Event(), Start);
        action.ShouldBe(EventAction.Create);
        c.Observe(Event(), Start.AddSeconds(1)).Action.ShouldBe(EventAction.Later);
        c.Observe(Event(), Start.AddSeconds(2)).Action.ShouldBe(EventAction.Later);
        c.NextDue().ShouldBe(Start.AddMinutes(1));
        c.Due(Start.AddSeconds(59)).ShouldBeEmpty();
        c.Due(Start.AddSeconds(60)).ShouldHaveSingleItem().ShouldBeSameAs(series);
        series!.Count.ShouldBe(3);
        EventCorrelator.Written(series, Start.AddSeconds(60));
        c.NextDue().ShouldBeNull("nothing more to write");
        c.Observe(Event(), Start.AddMinutes(3)).Action.ShouldBe(EventAction.Series);
    }

    [Fact]
    public void Series_EndsAfterSixQuietMinutes()
    {
        var c = new EventCorrelator();
        c.Observe(Event(), Start);
        c.Observe(Event(), Start.AddMinutes(6.1)).Action.ShouldBe(EventAction.Create);
    }

    [Fact]
    public void ManyDifferentMessages_BecomeOne()
    {
        var c = new EventCorrelator();
        var actions = Enumerable.Range(0, 40).Select(i => c.Observe(Event($"message {i}"), Start.AddSeconds(i))).ToArray();
        actions.Count(a => a.Action == EventAction.Create).ShouldBe(EventCorrelator.SimilarBeforeAggregation + 1);
        actions[^1].Series!.First.Message.ShouldBe("(combined from similar events): message 10");
    }

    [Fact]
    public void Flood_IsCutOff_PerObject_AndRefilled()
    {
        var c = new EventCorrelator();
        var actions = Enumerable.Range(0, 60).Select(i => c.Observe(Event(reason: $"R{i}"), Start).Action).ToArray();
        actions.Count(a => a == EventAction.Create).ShouldBe(EventCorrelator.Burst);
        actions.Count(a => a == EventAction.Drop).ShouldBe(60 - EventCorrelator.Burst);
        c.Observe(Event(uid: "other"), Start).Action.ShouldBe(EventAction.Create);
        c.Observe(Event(reason: "late"), Start.AddMinutes(5)).Action.ShouldBe(EventAction.Create);
        c.Observe(Event(reason: "later"), Start.AddMinutes(5)).Action.ShouldBe(EventAction.Drop);
    }

    [Fact]
    public void Memory_IsBounded()
    {
        var c = new EventCorrelator();
        for (var i = 0; i < 20_000; i++)
        {
            c.Observe(Event(uid: $"u{i}"), Start.AddMilliseconds(i)).Action.ShouldBe(EventAction.Create);
        }

        c.Due(Start).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("short")]
    [InlineData("ééééééééé")]
    public void Note_IsCutAtACharacter(string unit)
    {
        var note = string.Concat(Enumerable.Repeat(unit + "x", 400));
        var cut = EventRecorder.CutNote(note);
        Encoding.UTF8.GetByteCount(cut).ShouldBeLessThanOrEqualTo(EventRecorder.LongestNoteBytes);
        cut.ShouldEndWith("...");
        note.ShouldStartWith(cut[..^3]);
        EventRecorder.CutNote(unit).ShouldBe(unit);
    }

    [Fact]
    public async Task Publish_WritesAnEventsV1Event()
    {
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a");
        await using var f = await OperatorFixture.StartAsync(api.Url);
        await f.UntilCalled("reconcile a");
        var publish = f.Services.GetRequiredService<EventPublisher>();
        var widget = f.Services.GetRequiredService<IInformerCache<Widget>>().Get("default", "a")!;
        await publish(widget, "Scaled", "from 1 to 2", EventType.Warning, TestContext.Current.CancellationToken);
        await f.Until(() => api.Writes.Count == 1, "the event");
        var write = api.Writes[0];
        write.Path.ShouldBe("/apis/events.k8s.io/v1/namespaces/default/events");
        var body = JsonNode.Parse(write.Body)!;
        body["regarding"]!["uid"]!.ToString().ShouldBe(widget.Metadata.Uid);
        body["regarding"]!["kind"]!.ToString().ShouldBe("Widget");
        body["type"]!.ToString().ShouldBe("Warning");
        body["reason"]!.ToString().ShouldBe("Scaled");
        body["note"]!.ToString().ShouldBe("from 1 to 2");
        body["reportingController"]!.ToString().ShouldBe("test");
        body["eventTime"]!.ToString().ShouldMatch(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$");
        body["metadata"]!["name"]!.ToString().ShouldStartWith("a.");
    }

    [Fact]
    public async Task WhatNobodyForesaw_CostsOneEvent_AndNotThoseAfterIt()
    {
        await using var host = await ApiHost.StartAsync((c, r) => c.JsonAsync(r.Body, 201));
        var credentials = new UnreadableOnce();
        var metrics = new RuntimeMetrics(Prometheus.Metrics.NewCustomRegistry());
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(Start);
        using var client = new KubeClient(new k8s.KubernetesClientConfiguration { Host = host.Url }, credentials);
        var events = new EventRecorder(
            new KubeApi(client, time), new OperatorSettings { Name = "test" }, metrics, time, Microsoft.Extensions.Logging.Abstractions.NullLogger<EventRecorder>.Instance);
        var widget = new Widget { Metadata = new() { Name = "a", NamespaceProperty = "default", Uid = "u" } };
        await events.PublishAsync(widget, "One", "m", cancellationToken: TestContext.Current.CancellationToken);
        await events.PublishAsync(widget, "Two", "m", cancellationToken: TestContext.Current.CancellationToken);
        events.Complete();
        await events.RunAsync(TestContext.Current.CancellationToken);
        metrics.EventsDropped.WithLabels("failed").Value.ShouldBe(1);
        host.Requests.ShouldHaveSingleItem().Body.ShouldContain("Two");
    }

    [Fact]
    public async Task RefusedOrUnreachable_NeverReachesThePublisher()
    {
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a");
        await using var f = await OperatorFixture.StartAsync(api.Url);
        await f.UntilCalled("reconcile a");
        var refused = true;
        api.Intercept = async (c, r) =>
        {
            if (!r.Path.Contains("events", StringComparison.Ordinal))
            {
                return false;
            }

            if (refused)
            {
                await c.StatusAsync(403, "Forbidden", "namespace is being terminated");
            }
            else
            {
                c.Abort();
            }

            return true;
        };
        var publish = f.Services.GetRequiredService<EventPublisher>();
        var widget = f.Services.GetRequiredService<IInformerCache<Widget>>().Get("default", "a")!;
        await publish(widget, "One", "m");
        await f.Until(() => f.Metrics.EventsDropped.WithLabels("refused").Value == 1, "refused");
        refused = false;
        await publish(widget, "Two", "m");
        for (var i = 0; i < 2 * EventRecorder.MostQueued; i++)
        {
            publish(widget, $"Many{i}", "m").IsCompletedSuccessfully.ShouldBeTrue();
        }

        f.Metrics.EventsDropped.WithLabels("queue_full").Value.ShouldBeGreaterThan(0);
    }

    private sealed class UnreadableOnce : DelegatingHandler
    {
        private bool thrown;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (thrown) return base.SendAsync(request, cancellationToken);
            thrown = true;
            throw new InvalidOperationException("The credentials cannot be read.");
        }
    }
}
