using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;

namespace Nemotron.Lab.Nodes;

/// <summary>
/// The processes behind pods, as the kubelets' loop handles them: it starts them, asks their probes and stops them here, and what
/// happens meanwhile comes back as news that the loop takes in at its next look. All methods are called by that loop only.
/// </summary>
/// <param name="runtime">What starts processes.</param>
/// <param name="time">The Lab's clock.</param>
/// <param name="wake">Asks the loop to look at a pod.</param>
internal sealed class LivePods(IContainerRuntime runtime, TimeProvider time, Action<ObjectKey> wake) : IDisposable
{
    private readonly Dictionary<ObjectKey, List<LiveContainer>> pods = [];
    private readonly ConcurrentDictionary<ObjectKey, ConcurrentQueue<PodNews>> news = new();
    private readonly CancellationTokenSource closing = new();
    private readonly Prober prober = new(time);

    /// <summary>Takes the news of a pod since the last look; those of earlier runs are left out.</summary>
    public IEnumerable<PodNews> Take(ObjectKey key)
    {
        if (!news.TryGetValue(key, out var queue)) yield break;
        while (queue.TryDequeue(out var item))
        {
            if (Find(key, item.Container) is not { } live || live.Restarts != item.Restarts) continue;
            if (item is PodNews.Probed probed) live.Asked.Remove(probed.Kind);
            if (item is PodNews.Exited) Of(key).Remove(live);
            yield return item;
        }
    }

    /// <summary>Starts the process of a run that has none yet.</summary>
    public void Start(ObjectKey key, int restarts, ContainerStart start)
    {
        var name = start.Container.Text("name") ?? "";
        if (Find(key, name) is not null) return;
        var process = runtime.Start(start);
        if (!pods.TryGetValue(key, out var containers)) pods[key] = containers = [];
        containers.Add(new(name, restarts, process));
        process.Exited.ContinueWith(
            ended => Tell(key, new PodNews.Exited(name, restarts, time.GetUtcNow(), ended.Result)), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    /// <summary>Asks the probes of a container that are due.</summary>
    /// <returns>When the next one is due, or null for none.</returns>
    public DateTimeOffset? Ask(ObjectKey key, ContainerPlan plan, ContainerRun run, DateTimeOffset now, bool readinessOnly = false)
    {
        if (run.Started is not { } started || plan.Probes is not { } probes || Find(key, plan.Name) is not { } live || live.Stopping != readinessOnly) return null;
        DateTimeOffset? next = null;
        foreach (var kind in readinessOnly ? [ProbeKind.Readiness] : Enum.GetValues<ProbeKind>())
        {
            if (live.Asked.Contains(kind) || run.Probes.Due(kind, probes, started) is not { } due) continue;
            if (due <= now) _ = AskAsync(key, live, kind, probes[kind]!);
            else if (next is null || due < next) next = due;
        }

        return next;
    }

    /// <summary>Begins to stop a container's process, unless that is under way.</summary>
    /// <param name="key">The pod.</param>
    /// <param name="container">The container as served.</param>
    /// <param name="grace">The grace period; zero kills at once, even what is being stopped.</param>
    /// <returns>Whether it began now.</returns>
    public bool Stop(ObjectKey key, JsonObject container, TimeSpan grace)
    {
        var name = container.Text("name") ?? "";
        if (Find(key, name) is not { } live) return false;
        if (live.Stopping)
        {
            if (grace <= TimeSpan.Zero) live.Process.End(ContainerExit.Killed);
            return false;
        }

        live.Stopping = true;
        var hook = container.Obj("lifecycle", "preStop");
        Func<CancellationToken, Task>? preStop = hook is null ? null : cancel => HookAsync(key, live, hook, container, grace, cancel);
        _ = ContainerStop.RunAsync(live.Process, preStop, grace, time);
        return true;
    }

    /// <summary>Whether a container's process lives.</summary>
    public bool Lives(ObjectKey key, string container) => Find(key, container) is not null;

    /// <summary>Whether any process of a pod lives.</summary>
    public bool Lives(ObjectKey key) => pods.TryGetValue(key, out var containers) && containers.Count > 0;

    /// <summary>Ends a process at once.</summary>
    public void End(ObjectKey key, string? container, ContainerExit exit)
    {
        foreach (var live in Of(key).Where(live => container is null || live.Name == container)) live.Process.End(exit);
    }

    /// <summary>Tells the processes of a pod how it looks now.</summary>
    public void Observe(ObjectKey key, JsonObject pod, bool reachable)
    {
        foreach (var live in Of(key))
        {
            live.Process.SetReachable(reachable);
            live.Process.Observe(pod);
        }
    }

    /// <summary>Tells the process of a container which files are mounted now.</summary>
    public void Refresh(ObjectKey key, string container, IReadOnlyDictionary<string, string> files) => Find(key, container)?.Process.Refresh(files);

    /// <summary>Ends what is left of a pod that is gone.</summary>
    public void Drop(ObjectKey key, string uid)
    {
        if (pods.Remove(key, out var containers)) containers.ForEach(live => live.Process.End(ContainerExit.Killed));
        news.TryRemove(key, out _);
        runtime.Forget(uid);
    }

    /// <summary>Ends everything.</summary>
    public void Dispose()
    {
        closing.Cancel();
        foreach (var live in pods.Values.SelectMany(containers => containers)) live.Process.End(ContainerExit.Killed);
        pods.Clear();
        prober.Dispose();
        closing.Dispose();
    }

    private List<LiveContainer> Of(ObjectKey key) => pods.GetValueOrDefault(key) ?? [];

    private LiveContainer? Find(ObjectKey key, string name) => Of(key).FirstOrDefault(live => live.Name == name);

    private async Task AskAsync(ObjectKey key, LiveContainer live, ProbeKind kind, ProbeSpec spec)
    {
        live.Asked.Add(kind);
        try
        {
            // Not on the loop's thread: it must not wait for a connection.
            var answer = await Task.Run(() => prober.AskAsync(spec.Action, live.Process, spec.Timeout, closing.Token), closing.Token);
            Tell(key, new PodNews.Probed(live.Name, live.Restarts, time.GetUtcNow(), kind, answer));
        }
        catch (OperationCanceledException) when (closing.IsCancellationRequested)
        {
        }
#pragma warning disable CA1031 // A probe that cannot be carried out has failed, whatever the reason.
        catch (Exception impossible)
#pragma warning restore CA1031
        {
            Tell(key, new PodNews.Probed(live.Name, live.Restarts, time.GetUtcNow(), kind, new(false, impossible.Message)));
        }
    }

    private async Task HookAsync(ObjectKey key, LiveContainer live, JsonObject hook, JsonObject container, TimeSpan grace, CancellationToken cancel)
    {
        try
        {
            if (hook.Whole("sleep", "seconds") is { } seconds)
            {
                await Task.Delay(TimeSpan.FromSeconds(seconds), time, cancel);
                return;
            }

            var answer = await prober.AskAsync(ProbeSpec.ActionOf(hook, container), live.Process, grace, cancel);
            if (!answer.Success) Tell(key, new PodNews.HookFailed(live.Name, live.Restarts, time.GetUtcNow(), answer.Message));
        }
        catch (OperationCanceledException)
        {
            // The grace period is over, or the process is.
        }
    }

    private void Tell(ObjectKey key, PodNews item)
    {
        news.GetOrAdd(key, static _ => new()).Enqueue(item);
        wake(key);
    }
}
