using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;

namespace Nemotron.Lab.Engines;

/// <summary>
/// One replica over the pods of a group: the leader waits until its workers have joined, and whoever is left ends when another is gone. Thread-safe.
/// </summary>
internal sealed class GroupWorld
{
    private readonly HashSet<int> joined = [];
    private readonly Lock gate = new();
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? lost;
    private bool? leaderEnded;

    /// <summary>What broke it, or null.</summary>
    public string? Lost
    {
        get
        {
            lock (gate) return lost;
        }
    }

    /// <summary>A worker joins.</summary>
    public void Join(int worker) => Change(() => joined.Add(worker));

    /// <summary>A worker is gone.</summary>
    public void Lose(int worker) => Change(() =>
    {
        joined.Remove(worker);
        lost ??= $"the connection to worker {worker} is gone";
    });

    /// <summary>The leader has ended.</summary>
    /// <param name="orderly">Whether it was asked to.</param>
    public void LeaderEnds(bool orderly) => Change(() => leaderEnded ??= orderly);

    /// <summary>Waits until so many workers have joined; false when the world broke before.</summary>
    public async Task<bool> CompleteAsync(int workers, CancellationToken cancel)
    {
        while (true)
        {
            Task more;
            lock (gate)
            {
                if (lost is not null) return false;
                if (joined.Count >= workers) return true;
                more = changed.Task;
            }

            await more.WaitAsync(cancel);
        }
    }

    /// <summary>Waits until the world breaks.</summary>
    public async Task<string> LostAsync(CancellationToken cancel)
    {
        while (true)
        {
            Task more;
            lock (gate)
            {
                if (lost is not null) return lost;
                more = changed.Task;
            }

            await more.WaitAsync(cancel);
        }
    }

    /// <summary>Waits until the leader has ended; whether it was asked to.</summary>
    public async Task<bool> LeaderEndedAsync(CancellationToken cancel)
    {
        while (true)
        {
            Task more;
            lock (gate)
            {
                if (leaderEnded is { } orderly) return orderly;
                more = changed.Task;
            }

            await more.WaitAsync(cancel);
        }
    }

    private void Change(Action change)
    {
        TaskCompletionSource wake;
        lock (gate)
        {
            change();
            wake = changed;
            changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        wake.TrySetResult();
    }
}

/// <summary>Finds the world that a pod belongs to: by the group's key, anew for each run of the leader. Thread-safe.</summary>
internal sealed class GroupWorlds
{
    private const string GroupKey = "leaderworkerset.sigs.k8s.io/group-key";
    private readonly ConcurrentDictionary<string, GroupWorld> worlds = new();

    /// <summary>The group of a pod as served: its namespace and key, or the pod alone.</summary>
    public static string KeyOf(JsonObject pod) => $"{pod.Namespace()}/{pod.Label(GroupKey) ?? pod.Uid()}";

    /// <summary>The world of a group that stands now.</summary>
    public GroupWorld Of(string group) => worlds.GetOrAdd(group, static _ => new());

    /// <summary>The world of a group is over: who comes next begins another.</summary>
    public void End(string group, GroupWorld world) => worlds.TryRemove(new(group, world));
}
