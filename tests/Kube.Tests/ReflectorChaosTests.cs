namespace Nemotron.Kube.Tests;

/// <summary>Objects come, change and go while the wire breaks in every known way, by seed; in the end the cache and every handler know the truth.</summary>
public sealed class ReflectorChaosTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task AnyFaults_TheCacheEndsUpLikeTheServer_AndHandlersHearEveryCreationAndDeletion(int seed)
    {
        await using var api = await TinyApi.StartAsync();
        var random = new Random(seed);
        var faults = new Random(seed + 1000);
        var chaos = true;
        api.Intercept = async (context, request) =>
        {
            if (!chaos)
            {
                return false;
            }

            int fault;
            lock (faults)
            {
                fault = faults.Next(9);
            }

            switch (fault)
            {
                case 0:
                    context.Abort();
                    return true;
                case 1:
                    await context.StatusAsync(500, "InternalError", "etcd");
                    return true;
                case 2:
                    context.Response.Headers.RetryAfter = "1";
                    await context.StatusAsync(429, "TooManyRequests", "slow down");
                    return true;
                case 3 when request.IsWatch:
                    await context.StatusAsync(410, "Expired", "too old");
                    return true;
                case 4 when request.IsWatch:
                    await context.BeginWatchAsync();
                    await context.LineAsync(Widgets.Error(410, "Expired", "too old"));
                    return true;
                case 5 when request.IsWatch:
                    await context.BeginWatchAsync();
                    return true;
                case 6 when request.IsWatch:
                    await context.BeginWatchAsync();
                    await context.LineAsync("{\"type\":\"ADD");
                    return true;
                default:
                    return false;
            }
        };
        for (var i = 0; i < 5; i++)
        {
            api.PutWidget($"w{i}");
        }

        var inner = InformerFixture.Start(await ApiHost.StartAsync((_, _) => Task.CompletedTask), api.Url);
        await using var f = inner;
        for (var step = 0; step < 60; step++)
        {
            var name = $"w{random.Next(8)}";
            switch (random.Next(5))
            {
                case 0 when api.Get(TinyApi.WidgetPath(name)) is not null:
                    api.Delete(TinyApi.WidgetPath(name));
                    break;
                case 1:
                    api.CutWatches();
                    break;
                default:
                    api.PutWidget(name, size: step);
                    break;
            }

            if (step % 4 == 0)
            {
                f.Clock.Advance(TimeSpan.FromSeconds(random.Next(3)));
                await Task.Yield();
            }
        }

        chaos = false;
        string[] Truth() => [.. api.Paths().Select(p => $"{p.Split('/')[^1]}@{api.Get(p)!["metadata"]!["resourceVersion"]}").Order()];
        string[] Cached() => [.. f.Informer.List().Select(w => $"{w.Metadata.Name}@{w.Metadata.ResourceVersion}").Order()];
        await f.Until(() => f.Informer.Synced && Cached().SequenceEqual(Truth()), $"{string.Join(' ', Cached())} to become {string.Join(' ', Truth())}", TimeSpan.FromSeconds(1));

        // What handlers heard adds up to what there is.
        var alive = new Dictionary<string, string>();
        foreach (var heard in f.Heard)
        {
            var (what, obj) = (heard.Split(' ')[0], heard.Split(' ')[1].Split('@'));
            if (what == "deleted")
            {
                alive.Remove(obj[0]).ShouldBeTrue($"{heard}, which nobody had heard of");
            }
            else
            {
                (what == "updated").ShouldBe(alive.ContainsKey(obj[0]), heard);
                alive[obj[0]] = obj[1];
            }
        }

        alive.Select(a => $"{a.Key}@{a.Value}").Order().ShouldBe(Truth());
    }
}
