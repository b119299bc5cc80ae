using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nemotron.Lab.Nodes;

namespace Nemotron.Lab.Bench;

/// <summary>One fleet from nothing to ready, seen from outside over HTTP: what it took, and what it holds.</summary>
internal static class FleetRun
{
    public const int WholeNodes = 2000;
    public const int WholePods = 20_000;
    private const int ReplicasEach = 40;
    private const int Watchers = 5;

    /// <summary>Runs it and prints one line of JSON with the figures.</summary>
    public static async Task<int> RunAsync(double share, TextWriter output, CancellationToken cancel)
    {
        var nodes = Math.Max(1, (int)(WholeNodes * share));
        var deployments = Math.Max(1, (int)(WholePods * share / ReplicasEach));
        var pods = deployments * ReplicasEach;
        var figures = new Figures { Nodes = nodes, Pods = pods };
        var watch = Stopwatch.StartNew();
        // Two GPUs more than needed on each node; a fast clock, so that what counts is work and not waiting.
        await using var lab = await LabCluster.StartAsync(new() { Nodes = $"{nodes}xH100:12", ClockSpeed = 100, LoadSpeed = 100, KubeletEvents = false }, cancel);
        figures.NodesSeconds = Lap(watch);
        GC.Collect();
        var before = GC.GetTotalMemory(forceFullCollection: true);

        using var client = new HttpClient { BaseAddress = lab.Url };
        var tally = new PodTally(pods);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var watchers = Enumerable.Range(0, Watchers).Select(i => FollowAsync(client, i == 0 ? tally : null, figures, stop.Token)).ToArray();
        await Task.WhenAll(watchers.Select(watcher => watcher.Open));
        watch.Restart();
        for (var i = 0; i < deployments; i++) await CreateAsync(client, $"d{i}", cancel);
        figures.SubmitSeconds = watch.Elapsed.TotalSeconds;
        await tally.Created.Task.WaitAsync(cancel);
        figures.CreatedSeconds = watch.Elapsed.TotalSeconds;
        await tally.Bound.Task.WaitAsync(cancel);
        figures.ScheduledSeconds = watch.Elapsed.TotalSeconds;
        await tally.Ready.Task.WaitAsync(cancel);
        figures.ReadySeconds = watch.Elapsed.TotalSeconds;
        figures.CpuSeconds = Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds;

        watch.Restart();
        figures.ListBytes = (await client.GetByteArrayAsync(new Uri("api/v1/pods", UriKind.Relative), cancel)).LongLength;
        figures.ListSeconds = Lap(watch);
        await PagesAsync(client, cancel);
        figures.PagedListSeconds = Lap(watch);

        await stop.CancelAsync();
        await Task.WhenAll(watchers.Select(watcher => watcher.Over));
        figures.HeapBytes = GC.GetTotalMemory(forceFullCollection: true);
        figures.HeapBytesBefore = before;
        figures.PeakBytes = Process.GetCurrentProcess().PeakWorkingSet64;
        await output.WriteLineAsync(JsonSerializer.Serialize(figures).AsMemory(), cancel);
        return 0;
    }

    private static double Lap(Stopwatch watch)
    {
        var seconds = watch.Elapsed.TotalSeconds;
        watch.Restart();
        return seconds;
    }

    /// <summary>A Deployment with the Service and the PodDisruptionBudget that an operator puts beside it.</summary>
    private static async Task CreateAsync(HttpClient client, string name, CancellationToken cancel)
    {
        await PostAsync(client, "api/v1/namespaces/default/services", $$$$$$"""
            {"apiVersion":"v1","kind":"Service","metadata":{"name":"{{{{{{name}}}}}}"},"spec":{"selector":{"app":"{{{{{{name}}}}}}"},"ports":[{"port":8000}]}}
            """, cancel);
        await PostAsync(client, "apis/policy/v1/namespaces/default/poddisruptionbudgets", $$$$$$"""
            {"apiVersion":"policy/v1","kind":"PodDisruptionBudget","metadata":{"name":"{{{{{{name}}}}}}"},"spec":{"maxUnavailable":1,"selector":{"matchLabels":{"app":"{{{{{{name}}}}}}"}}}}
            """, cancel);
        await PostAsync(client, "apis/apps/v1/namespaces/default/deployments", $$$$$$"""
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"{{{{{{name}}}}}}"},"spec":{"replicas":{{{{{{ReplicasEach}}}}}},"selector":{"matchLabels":{"app":"{{{{{{name}}}}}}"}},
             "template":{"metadata":{"labels":{"app":"{{{{{{name}}}}}}"}},"spec":{"containers":[{"name":"engine","image":"engine:1","ports":[{"containerPort":8000}],
              "readinessProbe":{"httpGet":{"port":8000,"path":"/health"}},"resources":{"limits":{"nvidia.com/gpu":"1","memory":"64Gi","cpu":"4"}}}]}}}}
            """, cancel);
    }

    private static async Task PostAsync(HttpClient client, string path, string json, CancellationToken cancel)
    {
        using var body = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await client.PostAsync(new Uri(path, UriKind.Relative), body, cancel);
        response.EnsureSuccessStatusCode();
    }

    private static async Task PagesAsync(HttpClient client, CancellationToken cancel)
    {
        string? more = "";
        while (more is not null)
        {
            await using var page = await client.GetStreamAsync(new Uri($"api/v1/pods?limit=500{(more.Length > 0 ? $"&continue={Uri.EscapeDataString(more)}" : "")}", UriKind.Relative), cancel);
            more = (string?)(await JsonNode.ParseAsync(page, cancellationToken: cancel))!["metadata"]!["continue"];
        }
    }

    private static (Task Open, Task Over) FollowAsync(HttpClient client, PodTally? tally, Figures figures, CancellationToken cancel)
    {
        var open = new TaskCompletionSource();
        return (open.Task, Task.Run(FollowAsync, CancellationToken.None));

        async Task FollowAsync()
        {
            try
            {
                using var response = await client.GetAsync(new Uri("api/v1/pods?watch=true&resourceVersion=0", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, cancel);
                using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(cancel));
                open.SetResult();
                while (await lines.ReadLineAsync(cancel) is { } line)
                {
                    figures.CountEvent(line.Length);
                    tally?.See(line);
                }
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                // The run is over.
            }
        }
    }
}

/// <summary>How far the pods are, from the events of one watch.</summary>
internal sealed class PodTally(int wanted)
{
    private readonly ConcurrentDictionary<string, bool> created = new();
    private readonly ConcurrentDictionary<string, bool> bound = new();
    private readonly ConcurrentDictionary<string, bool> ready = new();

    public TaskCompletionSource Created { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource Bound { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource Ready { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void See(string line)
    {
        using var change = JsonDocument.Parse(line);
        var pod = change.RootElement.GetProperty("object");
        var name = pod.GetProperty("metadata").GetProperty("name").GetString()!;
        Count(created, name, Created);
        if (pod.GetProperty("spec").TryGetProperty("nodeName", out _)) Count(bound, name, Bound);
        if (pod.GetProperty("status").TryGetProperty("conditions", out var conditions) && conditions.ValueKind == JsonValueKind.Array
            && conditions.EnumerateArray().Any(condition => condition.GetProperty("type").GetString() == "Ready" && condition.GetProperty("status").GetString() == "True"))
        {
            Count(ready, name, Ready);
        }
    }

    private void Count(ConcurrentDictionary<string, bool> seen, string name, TaskCompletionSource all)
    {
        if (seen.TryAdd(name, true) && seen.Count == wanted) all.TrySetResult();
    }
}

/// <summary>What one run measured.</summary>
internal sealed class Figures
{
    private long events;
    private long eventBytes;

    public int Nodes { get; set; }

    public int Pods { get; set; }

    public double NodesSeconds { get; set; }

    public double SubmitSeconds { get; set; }

    public double CreatedSeconds { get; set; }

    public double ScheduledSeconds { get; set; }

    public double ReadySeconds { get; set; }

    public double ListSeconds { get; set; }

    public long ListBytes { get; set; }

    public double PagedListSeconds { get; set; }

    public double CpuSeconds { get; set; }

    public long HeapBytesBefore { get; set; }

    public long HeapBytes { get; set; }

    public long PeakBytes { get; set; }

    public long Events
    {
        get => events;
        set => events = value;
    }

    public long EventBytes
    {
        get => eventBytes;
        set => eventBytes = value;
    }

    public void CountEvent(int bytes)
    {
        Interlocked.Increment(ref events);
        Interlocked.Add(ref eventBytes, bytes);
    }
}
