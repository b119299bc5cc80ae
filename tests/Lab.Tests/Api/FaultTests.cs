using Nemotron.Lab.Api;

namespace Nemotron.Lab.Tests.Api;

public class FaultTests
{
    [Fact]
    public async Task Faults_strike_the_requests_they_are_meant_for_and_are_used_up()
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        lab.Server.Faults.Add(new Fault(FaultKind.TooManyRequests, Times: 2, Matches: (method, _) => method == "POST"));
        (await lab.SendAsync("GET", LabFixture.Widgets)).Code.ShouldBe(200);
        var refused = await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("a"));
        refused.Code.ShouldBe(429);
        refused.Headers.GetValues("Retry-After").ShouldBe(["1"]);
        (await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("a"))).Code.ShouldBe(429);
        (await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("a"))).Code.ShouldBe(201);
        lab.Server.Faults.Pending.ShouldBe(0);
    }

    [Fact]
    public async Task A_connection_dropped_before_leaves_nothing_and_after_leaves_the_write()
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        // Several times: a client may send again by itself when a connection that it used before breaks.
        lab.Server.Faults.Add(new Fault(FaultKind.DropBefore, Times: 9, Matches: (method, _) => method == "POST"));
        await Should.ThrowAsync<HttpRequestException>(() => lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("a")));
        lab.Server.Faults.Clear();
        (await lab.SendAsync("GET", $"{LabFixture.Widgets}/a")).Code.ShouldBe(404);

        lab.Server.Faults.Add(new Fault(FaultKind.DropAfter, Times: 9, Matches: (method, _) => method == "POST"));
        await Should.ThrowAsync<HttpRequestException>(() => lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("b")));
        (await lab.SendAsync("GET", $"{LabFixture.Widgets}/b")).Code.ShouldBe(200);
    }

    [Fact]
    public async Task Watch_events_can_come_twice_or_break_off()
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        // From a version on: without one, an object made before the server came to it would stand in the initial list, once.
        var version = (await lab.SendAsync("GET", LabFixture.Widgets)).Body["metadata"]!["resourceVersion"]!.GetValue<string>();
        using var watch = await lab.WatchAsync($"{LabFixture.Widgets}?watch=true&resourceVersion={version}");
        lab.Server.Faults.DuplicateEvents();
        await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("a"));
        var (first, second) = ((await watch.NextAsync())!, (await watch.NextAsync())!);
        second.ToJsonString().ShouldBe(first.ToJsonString());

        lab.Server.Faults.TruncateEvents();
        var torn = watch.NextAsync();
        await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("b"));
        await Should.ThrowAsync<Exception>(() => torn);
    }

    [Fact]
    public async Task Dropped_watches_break_and_other_requests_go_on()
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        using var watch = await lab.WatchAsync($"{LabFixture.Widgets}?watch=true");
        var next = watch.NextAsync();
        lab.Server.Faults.DropWatches();
        await Should.ThrowAsync<Exception>(() => next);
        (await lab.SendAsync("GET", LabFixture.Widgets)).Code.ShouldBe(200);
    }

    [Fact]
    public async Task A_restart_with_data_keeps_objects_and_definitions_on_the_same_port()
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        var created = await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("a"));
        var url = lab.Server.Url;
        await lab.Server.RestartAsync(keepData: true, TestContext.Current.CancellationToken);
        lab.Server.Url.ShouldBe(url);
        var found = await lab.SendAsync("GET", $"{LabFixture.Widgets}/a");
        found.Body["metadata"]!["resourceVersion"].Text().ShouldBe(created.Body["metadata"]!["resourceVersion"].Text());
    }

    [Fact]
    public async Task A_restart_without_data_is_a_new_cluster()
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        await lab.Server.RestartAsync(keepData: false, TestContext.Current.CancellationToken);
        (await lab.SendAsync("GET", LabFixture.Widgets)).Code.ShouldBe(404);
        (await lab.SendAsync("GET", "/api/v1/namespaces/default")).Code.ShouldBe(200);
    }

    [Fact]
    public async Task The_log_counts_writes_by_client()
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        lab.Server.Log.Clear();
        lab.Client.DefaultRequestHeaders.UserAgent.ParseAdd("operator/1.0");
        await lab.SendAsync("POST", $"{LabFixture.Widgets}?fieldManager=op", LabFixture.Widget("a"));
        await lab.SendAsync("GET", $"{LabFixture.Widgets}/a");
        await lab.SendAsync("DELETE", $"{LabFixture.Widgets}/a");
        lab.Server.Log.Writes("operator").ShouldBe(2);
        lab.Server.Log.Writes("kubectl").ShouldBe(0);
        lab.Server.Log.Total.ShouldBe(3);
        var post = lab.Server.Log.Requests[0];
        (post.Method, post.Status, post.FieldManager, post.UserAgent).ShouldBe(("POST", 201, "op", "operator/1.0"));
    }
}
