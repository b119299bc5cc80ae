using System.Collections.Concurrent;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Engines;

/// <summary>The logs of all containers with a process: of the present run, and of the one before. Thread-safe.</summary>
/// <param name="time">The Lab's clock.</param>
internal sealed class PodLogs(TimeProvider time) : IPodLogs
{
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<string, (IContainerLog Current, IContainerLog? Previous)>> pods = new();

    /// <summary>A new run of a container begins.</summary>
    /// <param name="podUid">The pod.</param>
    /// <param name="container">The container's name.</param>
    /// <returns>Where it writes.</returns>
    public ContainerLog Begin(string podUid, string container)
    {
        var log = new ContainerLog(time);
        pods.GetOrAdd(podUid, static _ => new()).AddOrUpdate(container, _ => (log, null), (_, before) => (log, before.Current));
        return log;
    }

    /// <summary>Forgets a pod.</summary>
    public void Forget(string podUid) => pods.TryRemove(podUid, out _);

    /// <inheritdoc/>
    public IContainerLog? Find(string podUid, string container, bool previous) =>
        pods.TryGetValue(podUid, out var containers) && containers.TryGetValue(container, out var logs) ? previous ? logs.Previous : logs.Current : null;
}
