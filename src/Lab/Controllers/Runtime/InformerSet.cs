using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Controllers;

/// <summary>One shared informer per resource, so that twelve controllers cost one watch of pods.</summary>
/// <param name="api">The API.</param>
/// <param name="log">Where a failing watch is told of.</param>
internal sealed class InformerSet(IApi api, ILogger log) : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<Gvr, (Informer Informer, CancellationTokenSource Stop)> informers = [];
    private readonly ConcurrentBag<Task> running = [];
    private CancellationToken? started;

    /// <summary>The informer of a resource, made (and started, once the set runs) on first use.</summary>
    public Informer For(Gvr resource)
    {
        lock (gate)
        {
            if (informers.TryGetValue(resource, out var known)) return known.Informer;
            var informer = new Informer(api, resource);
            var stop = new CancellationTokenSource();
            informers[resource] = (informer, stop);
            if (started is { } cancel) Start(informer, stop, cancel);
            return informer;
        }
    }

    /// <summary>Stops watching a resource that is no longer served.</summary>
    public void Drop(Gvr resource)
    {
        lock (gate)
        {
            if (informers.Remove(resource, out var known)) known.Stop.Cancel();
        }
    }

    /// <summary>Starts all informers and waits until each has its first list.</summary>
    public async Task StartAsync(CancellationToken cancel)
    {
        Task[] synced;
        lock (gate)
        {
            started = cancel;
            foreach (var (informer, stop) in informers.Values) Start(informer, stop, cancel);
            synced = [.. informers.Values.Select(entry => entry.Informer.Synced)];
        }

        await Task.WhenAll(synced).WaitAsync(cancel).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        lock (gate)
        {
            foreach (var (_, stop) in informers.Values) stop.Cancel();
        }

        await Task.WhenAll(running).ConfigureAwait(false);
    }

    private void Start(Informer informer, CancellationTokenSource stop, CancellationToken cancel)
    {
        var linked = CancellationTokenSource.CreateLinkedTokenSource(stop.Token, cancel);
        running.Add(Task.Run(() => RunAsync(informer, linked), CancellationToken.None));
    }

    private async Task RunAsync(Informer informer, CancellationTokenSource linked)
    {
        using (linked)
        {
            try
            {
                await informer.RunAsync(linked.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (linked.IsCancellationRequested)
            {
            }
            catch (ApiException refused) when (refused.Code is 404 or 405)
            {
                // The resource went away, or can only be created: nothing to watch.
                Drop(informer.Resource);
            }
            catch (Exception fault)
            {
                log.LogError(fault, "The watch of {Resource} failed; controllers no longer see it change", informer.Resource);
                throw;
            }
        }
    }
}
