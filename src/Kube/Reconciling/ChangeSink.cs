using Microsoft.Extensions.Logging;

namespace Nemotron.Kube;

/// <summary>Where changes go: the queue of a controller, with the priorities of controller-runtime.</summary>
internal sealed class ChangeSink(WorkQueue<NamespacedName> queue, IInformerCaches caches, ILogger logger)
{
    /// <summary>Priority of what came with a list or a resync: it must not delay news.</summary>
    internal const int LowPriority = -100;

    private volatile bool listens;

    internal IInformerCaches Caches => caches;

    /// <summary>
    /// Whether changes count. Before the controller runs they do not: it begins with every entity there is, so that thousands of changes while the
    /// caches fill, or while another replica leads, need not be mapped to entities and queued.
    /// </summary>
    internal bool Listens => listens;

    internal void Listen() => listens = true;

    internal void Changed(NamespacedName key, bool initial, TimeSpan within = default)
    {
        if (listens)
        {
            queue.Add(key, initial ? LowPriority : 0, within);
        }
    }

    internal void MappingFailed(string watched, Exception error) => ReconcileLog.MappingFailed(logger, watched, error);
}
