using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using k8s;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Nemotron.Kube;
using Nemotron.Lab.Api;
using Nemotron.Lab.Nodes;

namespace Nemotron.Chaos.Tests;

/// <summary>What came of a schedule.</summary>
/// <param name="Seed">Its seed.</param>
/// <param name="Problem">What is wrong; null when nothing is.</param>
/// <param name="Writes">Writes that the operator sent.</param>
/// <param name="Allowed">Writes that it may send.</param>
/// <param name="Faults">Faults that struck or could have.</param>
internal sealed record ChaosResult(int Seed, string? Problem, long Writes, long Allowed, int Faults);

/// <summary>Runs one schedule: an operator in this process against a Lab in this process, over real HTTP, on a clock that runs fast.</summary>
internal sealed class ChaosRun(FaultSchedule schedule, Subject subject) : IAsyncDisposable
{
    private const double Speed = 30;
    private const int VersionsAhead = 500;
    private const string Namespace = "default";
    private const string Agent = "chaos";

    private static readonly Gvr Leases = new("coordination.k8s.io", "v1", "leases");

    // Real time. A machine that is busy with other things must not make a schedule fail.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private readonly HashSet<int> alive = [];
    private readonly OperatorLog log = new();
    private LabCluster? lab;
    private IHost? host;
    private int changes;
    private int restarts;
    private int losses;

    private LabCluster Lab => lab!;

    public static async Task<ChaosResult> RunAsync(FaultSchedule schedule, Subject subject, CancellationToken cancel)
    {
        await using var run = new ChaosRun(schedule, subject);
        string? problem;
        try
        {
            problem = await run.RunAsync(cancel);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            problem = $"the run itself failed: {e}";
        }

        var writes = run.Lab.Server.Log.Writes(Agent);
        if (problem is null && writes > run.Allowed) problem = $"{writes} writes where {run.Allowed} are enough";
        return new ChaosResult(schedule.Seed, problem is null ? null : $"{problem}\n{schedule}\n{run.log}\n{run.MostWritten()}", writes, run.Allowed, schedule.Faults);
    }

    /// <summary>
    /// What a world without faults needs for what users did, and for each fault a few on top: the request again, and a second child with its deletion.
    /// </summary>
    private long Allowed => (subject.WritesPerChange * (changes + (losses * subject.Objects))) + (4 * schedule.Faults) + (12 * restarts);

    /// <summary>What was written most, and how it was answered.</summary>
    private string MostWritten() => string.Join('\n', Lab.Server.Log.Requests
        .Where(request => request.IsWrite && request.UserAgent.StartsWith(Agent, StringComparison.Ordinal))
        .GroupBy(request => $"{request.Method} {request.Path} {request.Status}")
        .OrderByDescending(group => group.Count())
        .Take(10)
        .Select(group => $"  {group.Count()} × {group.Key}, {group.First().Started:HH:mm:ss.fff} to {group.Last().Started:HH:mm:ss.fff}"));

    public async ValueTask DisposeAsync()
    {
        if (host is not null) await StopOperatorAsync();
        if (lab is not null) await lab.DisposeAsync();
    }

    private async Task<string?> RunAsync(CancellationToken cancel)
    {
        lab = await LabCluster.StartAsync(new LabClusterOptions { Nodes = subject.Nodes, ClockSpeed = Speed, LoadSpeed = 1000, KubeletEvents = false, Log = log }, cancel);
        log.Time = Lab.Time;
        subject.Install(Lab.Api);
        if (subject.MayLoseData) CountFurther();
        await StartOperatorAsync(cancel);
        foreach (var step in schedule.Living) await TakeAsync(step, cancel);

        // What has not struck by now would strike a world that has settled: that is allowed, and its end is the same.
        Lab.Server.Faults.Clear();
        if (await UntilAsync(() => subject.Unsettled(Lab.Api, alive), cancel) is { } unsettled) return $"not settled: {unsettled}";
        if (await QuietAsync(cancel) is { } restless) return restless;

        foreach (var number in alive.ToArray()) Delete(number);
        foreach (var step in schedule.Dying) await TakeAsync(step, cancel);
        Lab.Server.Faults.Clear();
        if (await UntilAsync(() => subject.Unsettled(Lab.Api, alive), cancel) is { } left) return $"left behind: {left}";
        return await QuietAsync(cancel) ?? subject.Broken(schedule);
    }

    private async Task TakeAsync(Step step, CancellationToken cancel)
    {
        await Task.Delay(step.Pause, Lab.Time, cancel);
        var faults = Lab.Server.Faults;
        switch (step.What)
        {
            case Happening.Create:
                Create(step.Object);
                break;
            case Happening.Change:
                changes++;
                subject.Change(Lab.Api, step.Object, 1000 + changes);
                break;
            case Happening.Delete:
                // And again under the same name.
                Delete(step.Object);
                await Task.Delay(step.Pause, Lab.Time, cancel);
                Create(step.Object);
                break;
            case Happening.Drift:
                changes++;
                subject.Drift(Lab.Api, step.Object);
                break;
            case Happening.RemoveChild:
                changes++;
                subject.RemoveChild(Lab.Api, step.Object);
                break;
            case Happening.Request:
                faults.Add(new Fault(step.Fault, step.Count, Strikes(step), step.Delay));
                break;
            case Happening.DropWatches:
                faults.DropWatches();
                break;
            case Happening.DuplicateEvents:
                faults.DuplicateEvents(step.Count);
                break;
            case Happening.TruncateEvents:
                faults.TruncateEvents(step.Count);
                break;
            case Happening.LateEvent:
                faults.DelayEvent(step.Delay);
                break;
            case Happening.Compact:
                faults.CompactHistory();
                break;
            case Happening.CompactAndDropWatches:
                faults.CompactHistory();
                faults.DropWatches();
                break;
            case Happening.RestartServer:
                restarts++;
                await Lab.RestartApiAsync(keepData: true, cancel);
                break;
            case Happening.LoseData:
                losses++;
                await LoseDataAsync(cancel);
                break;
            case Happening.RestartOperator:
                restarts++;
                await StopOperatorAsync();
                await StartOperatorAsync(cancel);
                subject.OperatorRestarted();
                break;
            default:
                throw new InvalidOperationException($"{step.What}");
        }
    }

    private static Func<string, string, bool> Strikes(Step step) => (method, _) => step switch
    {
        // 410 is an answer to lists and watches only.
        { Fault: FaultKind.Gone } => method == "GET",
        { WritesOnly: true } => method != "GET",
        _ => true,
    };

    private void Create(int number)
    {
        changes++;
        // A predecessor that is still being finalised is waited for by the settling: whoever creates tries again.
        if (!alive.Add(number)) return;
        subject.Create(Lab.Api, number);
    }

    private void Delete(int number)
    {
        changes++;
        if (alive.Remove(number)) subject.Delete(Lab.Api, number);
    }

    private async Task LoseDataAsync(CancellationToken cancel)
    {
        // An operator that has only just started, and has not read its lists, knows nothing of what is lost.
        subject.DataLost(operatorKnew: subject.Synced(host!.Services.GetRequiredService<IInformerCaches>()));
        await Lab.RestartApiAsync(keepData: false, cancel);
        var since = Lab.Time.GetUtcNow();
        subject.Install(Lab.Api);

        // A server that has forgotten everything and yet counts further than before cannot be told from itself (nor by client-go): the old one has counted
        // further, and the operator must have come back before anything is made.
        await UntilNoticedAsync(since, cancel);
        CountFurther();
        foreach (var number in alive) subject.Create(Lab.Api, number);
    }

    /// <summary>Has the server make more versions than one makes by starting.</summary>
    private void CountFurther()
    {
        Lab.Api.Create(Leases, Namespace, new JsonObject { ["metadata"] = new JsonObject { ["name"] = "versions", ["namespace"] = Namespace } }, "user");
        for (var number = 0; number < VersionsAhead; number++)
        {
            Lab.Api.MergePatch(Leases, Namespace, "versions", new JsonObject { ["spec"] = new JsonObject { ["leaseTransitions"] = number } }, "user");
        }
    }

    private async Task UntilNoticedAsync(DateTimeOffset since, CancellationToken cancel)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (subject.Watched.Any(plural => !Lab.Server.Log.Requests.Any(
            request => request.Started >= since && request.Path.EndsWith("/" + plural, StringComparison.Ordinal) && BeginsAnew(request))))
        {
            // A watch is in the log when it ends.
            Lab.Server.Faults.DropWatches();
            if (TimeProvider.System.GetElapsedTime(started) > Patience) throw new TimeoutException("the operator does not come back");
            await Task.Delay(TimeSpan.FromSeconds(1), Lab.Time, cancel);
        }
    }

    /// <summary>Whether it asks for a whole list, which nobody does who still believes in what he knows.</summary>
    private static bool BeginsAnew(LoggedRequest request) =>
        request.Method == "GET" && request.Query.TrimStart('?').Split('&') is var query
        && (request.IsWatch ? query.Contains("sendInitialEvents=true") : !query.Contains("limit=1"));

    private async Task StartOperatorAsync(CancellationToken cancel)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddProvider(log);
        builder.Services.AddSingleton(Lab.Time);
        builder.Services.AddSingleton(Prometheus.Metrics.NewCustomRegistry());
        subject.AddTo(builder.Services.AddKubernetesOperator(settings =>
        {
            settings.Name = Agent;
            settings.ClientConfiguration = new KubernetesClientConfiguration { Host = Lab.Url.ToString() };
            settings.RandomSeed = schedule.Seed;
            settings.MaxConcurrentReconciles = 4;
        }));
        host = builder.Build();
        await host.StartAsync(cancel);
    }

    private async Task StopOperatorAsync()
    {
        await host!.StopAsync(CancellationToken.None);
        host.Dispose();
        host = null;
    }

    /// <summary>Waits until nothing is wrong; what still is when patience ends.</summary>
    private async Task<string?> UntilAsync(Func<string?> problem, CancellationToken cancel)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (problem() is { } now)
        {
            if (TimeProvider.System.GetElapsedTime(started) > Patience) return now;

            // A creation that found its predecessor still there is done again, as a user would.
            foreach (var number in alive) subject.Create(Lab.Api, number);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancel);
        }

        return null;
    }

    /// <summary>Half a minute of the Lab's time without a write, in which the world stays as it is.</summary>
    private async Task<string?> QuietAsync(CancellationToken cancel)
    {
        // What was decided on news that has come meanwhile is written yet.
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var before = Lab.Server.Log.Writes(Agent);
            await Task.Delay(TimeSpan.FromSeconds(30), Lab.Time, cancel);
            if (Lab.Server.Log.Writes(Agent) == before) return subject.Unsettled(Lab.Api, alive) is { } again ? $"settled and then not: {again}" : null;
            if (TimeProvider.System.GetElapsedTime(started) > Patience) return "writes without end";
        }
    }

    /// <summary>The last lines that the operator logged.</summary>
    private sealed class OperatorLog : ILoggerProvider, ILogger
    {
        private const int Kept = 40;
        private readonly ConcurrentQueue<string> lines = new();

        public TimeProvider? Time { get; set; }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lines.Enqueue($"  {Time?.GetUtcNow():HH:mm:ss.fff} {logLevel}: {formatter(state, exception)} {exception?.GetType().Name}");
            while (lines.Count > Kept) lines.TryDequeue(out _);
        }

        public override string ToString() => string.Join('\n', lines);

        public void Dispose()
        {
        }
    }
}
