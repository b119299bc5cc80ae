using Microsoft.Extensions.Logging;

namespace Nemotron.Kube;

/// <summary>Where changes go: the queue of a controller, with the priorities of controller-runtime.</summary>
internal sealed class ChangeSink(WorkQueue<NamespacedName> queue, IInformerCaches caches, ILogger logger)
{
    /// <summary>Priority of what came with a list or a resync: it must not delay news.</summary>
    internal const int LowPriority = -100;

    internal IInformerCaches Caches => caches;

    internal void Changed(NamespacedName key, bool initial) => queue.Add(key, initial ? LowPriority : 0);

    internal void MappingFailed(string watched, Exception error) => ReconcileLog.MappingFailed(logger, watched, error);
}
