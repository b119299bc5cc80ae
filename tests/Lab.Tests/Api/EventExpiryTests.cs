using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Tests.Api;

public class EventExpiryTests
{
    private const string Events = "/api/v1/namespaces/default/events";
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task An_event_goes_an_hour_after_it_was_last_written()
    {
        await using var lab = await LabFixture.StartAsync(new LabServerOptions { Time = time });
        await TellAsync(lab, "once");
        var told = await TellAsync(lab, "again");
        using var watch = await lab.WatchAsync($"{Events}?watch=true&timeoutSeconds=7200&resourceVersion={told}");

        time.Advance(TimeSpan.FromMinutes(40));
        (await lab.SendAsync("PATCH", $"{Events}/again", """{"count":2}""", "application/merge-patch+json")).Code.ShouldBe(200);
        time.Advance(TimeSpan.FromMinutes(19.9));
        (await NamesAsync(lab)).ShouldBe(["again", "once"]);

        time.Advance(TimeSpan.FromMinutes(0.1));
        (await NamesAsync(lab)).ShouldBe(["again"]);
        (await watch.NextAsync())!["type"].Text().ShouldBe("MODIFIED");
        var gone = (await watch.NextAsync())!;
        (gone["type"].Text(), gone["object"]!["metadata"]!["name"].Text()).ShouldBe(("DELETED", "once"));

        time.Advance(TimeSpan.FromMinutes(40));
        (await NamesAsync(lab)).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_event_deleted_before_its_time_and_other_kinds_are_no_matter()
    {
        await using var lab = await LabFixture.StartAsync(new LabServerOptions { Time = time, EventTimeToLive = TimeSpan.FromMinutes(1) });
        await TellAsync(lab, "a");
        (await lab.SendAsync("POST", "/api/v1/namespaces/default/configmaps", """{"metadata":{"name":"c"}}""")).Code.ShouldBe(201);
        (await lab.SendAsync("DELETE", $"{Events}/a")).Code.ShouldBe(200);
        time.Advance(TimeSpan.FromSeconds(30));
        await TellAsync(lab, "a");
        time.Advance(TimeSpan.FromSeconds(45));
        (await NamesAsync(lab)).ShouldBe(["a"]);
        (await lab.SendAsync("GET", "/api/v1/namespaces/default/configmaps/c")).Code.ShouldBe(200);
        time.Advance(TimeSpan.FromSeconds(15));
        (await NamesAsync(lab)).ShouldBeEmpty();
    }

    private static async Task<string> TellAsync(LabFixture lab, string name)
    {
        var (code, body, _) = await lab.SendAsync("POST", Events, $$$"""
            {"metadata":{"name":"{{{name}}}"},"involvedObject":{"kind":"Pod","namespace":"default","name":"p"},"reason":"Tested","message":"so","type":"Normal","count":1}
            """);
        code.ShouldBe(201);
        return body["metadata"]!["resourceVersion"].Text()!;
    }

    private static async Task<string[]> NamesAsync(LabFixture lab) =>
        [.. ((JsonArray)(await lab.SendAsync("GET", Events)).Body["items"]!).Select(item => item!["metadata"]!["name"].Text()!)];
}
