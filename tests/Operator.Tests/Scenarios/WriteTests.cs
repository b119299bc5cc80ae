using Nemotron.Operator.Tests.Harness;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>How much the operator writes: little on the way, nothing once settled.</summary>
public class WriteTests
{
    private const int Resources = 50;

    [Fact]
    public async Task A_settled_fleet_of_50_costs_no_write_in_five_minutes_of_the_Labs_time()
    {
        const double speed = 60;
        await using var cluster = await TestCluster.StartAsync("7xH100:8", clockSpeed: speed);
        await cluster.StartWithWebhooksAsync();
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Pool, Fleets.Nanos(Resources)));
        await cluster.UntilReadyAsync(Resources, limit: TimeSpan.FromMinutes(2));
        await Until.TrueAsync(() => cluster.Pool("h100")!.Status?.Gpus?.Allocated == Resources, "the pool to have counted all");

        var from = cluster.Lab.Time.GetUtcNow();
        // What was decided last may still be on its way: a minute of the Lab's time for it, which is a second of ours.
        await Until.TrueAsync(() => cluster.Lab.Time.GetUtcNow() - from > TimeSpan.FromMinutes(1), "a minute to pass");
        cluster.Lab.Server.Log.Clear();
        from = cluster.Lab.Time.GetUtcNow();
        await Until.TrueAsync(() => cluster.Lab.Time.GetUtcNow() - from > TimeSpan.FromMinutes(5), "five minutes to pass");

        var writes = cluster.Lab.Server.Log.Requests.Where(request => request.IsWrite).Select(request => $"{request.Method} {request.Path}{request.Query}").ToList();
        writes.ShouldBeEmpty();
    }

    [Fact]
    public async Task From_new_to_settled_takes_few_writes()
    {
        // What changes within half a second is written once: of the Lab's time, so that a busy machine's pauses are short ones.
        await using var cluster = await TestCluster.StartAsync("1xH100:8", clockSpeed: 0.2);
        await cluster.StartWithWebhooksAsync();
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Pool));
        await Until.TrueAsync(() => cluster.Pool("h100")?.Status?.Gpus?.Total == 8, "the pool to be counted");
        cluster.Lab.Server.Log.Clear();

        await cluster.ApplyAsync(Fleets.Nanos(1));
        await cluster.UntilReadyAsync(1);
        await Until.TrueAsync(() => cluster.Pool("h100")!.Status?.Gpus?.Allocated == 1, "the pool to have counted it");

        var writes = cluster.Lab.Server.Log.Requests
            .Where(request => request.IsWrite && !request.UserAgent.StartsWith("kubectl", StringComparison.Ordinal) && !request.Path.Contains("gpunodepools", StringComparison.Ordinal))
            .Select(request => $"{request.Method} {request.Path}").ToList();
        Console.WriteLine($"measured: {writes.Count} writes from a new NemotronDeployment to settled: {string.Join(", ", writes)}");
        writes.Count(write => !write.Contains("/events", StringComparison.Ordinal)).ShouldBeLessThanOrEqualTo(7, string.Join("\n", writes));
    }
}
