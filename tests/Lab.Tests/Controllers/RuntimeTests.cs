using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;

namespace Nemotron.Lab.Controllers.Tests;

public class RuntimeTests
{
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task A_key_added_often_is_taken_once_and_again_when_added_while_worked_on()
    {
        using var queue = new WorkQueue<string>(time);
        queue.Add("a");
        queue.Add("b");
        queue.Add("a");
        (await queue.TakeAsync(TestContext.Current.CancellationToken)).ShouldBe("a");
        queue.Add("a");
        (await queue.TakeAsync(TestContext.Current.CancellationToken)).ShouldBe("b");
        (await queue.TakeAsync(TestContext.Current.CancellationToken)).ShouldBe("a");
        queue.Depth.ShouldBe(0);
    }

    [Fact]
    public void Delayed_keys_come_in_order_of_time_and_the_earliest_of_one_key_counts()
    {
        using var queue = new WorkQueue<string>(time);
        queue.AddAfter("late", TimeSpan.FromSeconds(20));
        queue.AddAfter("soon", TimeSpan.FromSeconds(5));
        queue.AddAfter("late", TimeSpan.FromSeconds(10));
        queue.AddAfter("soon", TimeSpan.FromSeconds(30));
        queue.Depth.ShouldBe(0);
        time.Advance(TimeSpan.FromSeconds(4.9));
        queue.Depth.ShouldBe(0);
        time.Advance(TimeSpan.FromSeconds(0.1));
        queue.Depth.ShouldBe(1);
        time.Advance(TimeSpan.FromSeconds(5));
        queue.Depth.ShouldBe(2);
        time.Advance(TimeSpan.FromMinutes(1));
        queue.Depth.ShouldBe(2);
    }

    [Fact]
    public void A_closed_queue_takes_nothing_and_does_not_complain()
    {
        var queue = new WorkQueue<string>(time);
        queue.Dispose();
        queue.Add("a");
        queue.AddAfter("b", TimeSpan.FromSeconds(1));
        time.Advance(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task Own_writes_are_seen_at_once_and_late_news_does_not_undo_them()
    {
        var api = new MemoryApi(time);
        var informer = new Informer(api, MemoryApi.ConfigMaps);
        var told = new List<string>();
        informer.OnChange((before, after) => told.Add($"{before?.Text("data", "v") ?? "-"}>{after?.Text("data", "v") ?? "-"}"));
        using var stop = new CancellationTokenSource();
        var running = informer.RunAsync(stop.Token);
        await informer.Synced;

        var made = api.Create(MemoryApi.ConfigMaps, "default", Config("1"), "test");
        informer.Observe(made);
        informer.Observe(api.Update(MemoryApi.ConfigMaps, "default", "c", Config("2"), "test"));
        informer.Get(new("default", "c")).Text("data", "v").ShouldBe("2");
        api.Delete(MemoryApi.ConfigMaps, "default", "c");
        informer.ObserveDeletion(made);
        informer.Get(new("default", "c")).ShouldBeNull();
        api.Create(MemoryApi.ConfigMaps, "default", Config("3"), "test");
        while (informer.Get(new("default", "c")) is null) await Task.Yield();

        informer.Get(new("default", "c")).Text("data", "v").ShouldBe("3");
        told.Count(line => line.EndsWith(">-", StringComparison.Ordinal)).ShouldBe(1);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => running);
    }

    [Theory]
    [InlineData("""{ "matchLabels": { "a": "1" } }""", """{ "a": "1", "b": "2" }""", true)]
    [InlineData("""{ "matchLabels": { "a": "1" } }""", """{ "a": "2" }""", false)]
    [InlineData("""{}""", """{ "a": "2" }""", true)]
    [InlineData("null", """{ "a": "2" }""", false)]
    [InlineData("""{ "matchExpressions": [ { "key": "a", "operator": "In", "values": ["1", "2"] } ] }""", """{ "a": "2" }""", true)]
    [InlineData("""{ "matchExpressions": [ { "key": "a", "operator": "NotIn", "values": ["1"] } ] }""", """{}""", true)]
    [InlineData("""{ "matchExpressions": [ { "key": "a", "operator": "Exists" } ] }""", """{}""", false)]
    [InlineData("""{ "matchExpressions": [ { "key": "a", "operator": "DoesNotExist" } ] }""", """{}""", true)]
    public void Selectors_match(string selector, string labels, bool matches) =>
        LabelSelector.From(JsonNode.Parse(selector) as JsonObject).MatchesLabels((JsonObject)JsonNode.Parse(labels)!).ShouldBe(matches);

    private static JsonObject Config(string value)
    {
        var config = MemoryApi.Named("c", "default");
        config["data"] = new JsonObject { ["v"] = value };
        return config;
    }
}
