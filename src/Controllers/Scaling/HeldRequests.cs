using Nemotron.Controllers.Engines;
using Nemotron.Engines.Metrics.Exposition;
using Nemotron.Planning;

namespace Nemotron.Controllers.Scaling;

/// <summary>
/// Asks the fronts of deployments without replicas how many requests they hold. Directly and not through Prometheus: a request that waits for a model to load should
/// not wait for a scrape as well, and without Prometheus nobody would ever be woken.
/// </summary>
internal sealed class HeldRequests(HttpMessageHandler handler, TimeProvider time) : IDisposable
{
    private const int AtOnce = 16;
    private static readonly NameSet Wanted = new([GatewaySeries.Held]);

    private readonly GatewayScrape _scrape = new(handler, time, TimeSpan.FromSeconds(2));

    /// <summary>Asks.</summary>
    /// <typeparam name="TKey">What a front is known by.</typeparam>
    /// <param name="fronts">Where each tells what it counts.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Requests held, of those that answered.</returns>
    public async Task<IReadOnlyDictionary<TKey, double>> ReadAsync<TKey>(IReadOnlyCollection<KeyValuePair<TKey, Uri>> fronts, CancellationToken cancellationToken) where TKey : notnull
    {
        var held = new System.Collections.Concurrent.ConcurrentDictionary<TKey, double>();
        await Parallel.ForEachAsync(fronts, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (front, token) =>
        {
            if (await ReadAsync(front.Value, token) is { } count) held[front.Key] = count;
        });
        return held;
    }

    /// <inheritdoc/>
    public void Dispose() => _scrape.Dispose();

    private async Task<double?> ReadAsync(Uri url, CancellationToken cancellationToken) =>
        await _scrape.ReadAsync(url, Wanted, cancellationToken) is { MalformedLines: 0 } scrape && scrape.Has(GatewaySeries.Held) ? scrape[GatewaySeries.Held].Sum(series => series.Value) : null;
}
