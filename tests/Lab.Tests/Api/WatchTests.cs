using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Tests.Api;

public class WatchTests
{
    [Fact]
    public async Task Headers_come_at_once_although_nothing_happens()
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        using var watch = await lab.WatchAsync($"{LabFixture.Widgets}?watch=true&resourceVersion={await VersionAsync(lab)}");
        watch.Code.ShouldBe(200);
    }

    [Fact]
    public async Task A_watch_ends_cleanly_when_its_time_is_up()
    {
        var time = new FakeTimeProvider();
        await using var lab = await LabFixture.WithWidgetsAsync(new LabServerOptions { Time = time });
        using var watch = await lab.WatchAsync($"{LabFixture.Widgets}?watch=true&resourceVersion={await VersionAsync(lab)}&timeoutSeconds=300");
        var next = watch.NextAsync();
        time.Advance(TimeSpan.FromSeconds(299));
        next.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(2));
        (await next).ShouldBeNull();
    }

    [Fact]
    public async Task Bookmarks_tell_the_version_while_nothing_happens()
    {
        var time = new FakeTimeProvider();
        await using var lab = await LabFixture.WithWidgetsAsync(new LabServerOptions { Time = time, BookmarkInterval = TimeSpan.FromSeconds(10) });
        using var watch = await lab.WatchAsync($"{LabFixture.Widgets}?watch=true&resourceVersion={await VersionAsync(lab)}&allowWatchBookmarks=true&timeoutSeconds=300");
        await lab.SendAsync("POST", "/api/v1/namespaces/default/configmaps", """{"metadata":{"name":"c"}}""");
        var next = watch.NextAsync();
        // The server waits on the clock only once it has seen that nothing is there.
        while (!next.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(next, Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken));
        }
        var bookmark = (await next)!;
        bookmark["type"].Text().ShouldBe("BOOKMARK");
        bookmark["object"]!["metadata"]!["resourceVersion"].Text().ShouldBe(await VersionAsync(lab));
    }

    [Fact]
    public async Task Initial_events_end_with_a_bookmark()
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("a"));
        using var watch = await lab.WatchAsync($"{LabFixture.Widgets}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");
        (await watch.NextAsync())!["type"].Text().ShouldBe("ADDED");
        var end = (await watch.NextAsync())!;
        end["type"].Text().ShouldBe("BOOKMARK");
        end["object"]!["metadata"]!["annotations"]!["k8s.io/initial-events-end"].Text().ShouldBe("true");
    }

    [Fact]
    public async Task An_object_that_leaves_or_joins_a_selector_is_deleted_or_added()
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        string version = await VersionAsync(lab);
        await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("a", """{"color":"red"}"""));
        foreach (string color in (string[])["blue", "red"])
            await lab.SendAsync("PATCH", $"{LabFixture.Widgets}/a", $$$"""{"spec":{"color":"{{{color}}}"}}""", "application/merge-patch+json");
        using var watch = await lab.WatchAsync($"{LabFixture.Widgets}?watch=true&resourceVersion={version}&fieldSelector=spec.color%3Dred");
        var types = new List<string?>();
        for (int i = 0; i < 3; i++) types.Add((await watch.NextAsync())!["type"].Text());
        types.ShouldBe(["ADDED", "DELETED", "ADDED"]);
    }

    [Fact]
    public async Task A_version_that_history_has_forgotten_is_expired_in_the_stream()
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        string version = await VersionAsync(lab);
        await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("a"));
        lab.Server.Faults.CompactHistory();
        using var watch = await lab.WatchAsync($"{LabFixture.Widgets}?watch=true&resourceVersion={version}");
        var error = (await watch.NextAsync())!;
        error["type"].Text().ShouldBe("ERROR");
        error["object"]!["reason"].Text().ShouldBe("Expired");
        ((int)error["object"]!["code"]!).ShouldBe(410);
        (await watch.NextAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task A_slow_reader_that_history_outruns_is_expired_too()
    {
        await using var lab = await LabFixture.WithWidgetsAsync(new LabServerOptions { HistoryCapacity = 16 });
        string version = await VersionAsync(lab);
        for (int i = 0; i < 40; i++) await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget($"w{i}"));
        using var watch = await lab.WatchAsync($"{LabFixture.Widgets}?watch=true&resourceVersion={version}");
        ((int)(await watch.NextAsync())!["object"]!["code"]!).ShouldBe(410);
    }

    [Fact]
    public async Task Watchers_in_process_and_over_http_see_the_same()
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        var api = lab.Server.Api;
        var widgets = new Gvr("lab.example.com", "v1", "widgets");
        long version = api.List(widgets).ResourceVersion;
        await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("a"));
        api.MergePatch(widgets, "default", "a", new JsonObject { ["spec"] = new JsonObject { ["size"] = 7 } }, "test");
        api.Delete(widgets, "default", "a");
        var seen = new List<string>();
        await foreach (var change in api.WatchAsync(widgets, "default", version, TestContext.Current.CancellationToken))
        {
            seen.Add($"{change.Type} {change.Object["spec"]!["size"]}");
            if (seen.Count == 3) break;
        }
        seen.ShouldBe(["ADDED 1", "MODIFIED 7", "DELETED 7"]);
    }

    private static async Task<string> VersionAsync(LabFixture lab) => (await lab.SendAsync("GET", LabFixture.Widgets)).Body["metadata"]!["resourceVersion"].Text()!;
}
