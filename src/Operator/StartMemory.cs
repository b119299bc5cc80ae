using System.Runtime;
using Nemotron.Kube;

namespace Nemotron.Operator;

/// <summary>
/// Gives back, once, what a start took beyond what is kept: the first lists of a large cluster leave a heap that is a third larger than what lives in it, and nothing
/// that comes later fills it.
/// </summary>
internal sealed class StartMemory(IInformerCaches caches, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    // By then the first reconciles have been made as well.
    private static readonly TimeSpan AfterSync = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        DateTimeOffset? synced = null;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (!caches.All.All(cache => cache.Synced)) continue;
            synced ??= time.GetUtcNow();
            if (time.GetUtcNow() - synced < AfterSync) continue;
            GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            return;
        }
    }
}
