using Nemotron.Controllers.Deployments.Children;
using Nemotron.Engines.Health.Progress;
using Nemotron.Engines.Metrics.Exposition;
using Nemotron.Planning;

namespace Nemotron.Controllers.Engines;

/// <summary>
/// Reads what the gateway beside an engine counts. It knows what runs and what comes back whatever the engine says: trtllm-serve up to 1.2, Triton's llmapi model
/// and trtllm-serve's gRPC do not tell how many requests run.
/// </summary>
internal sealed class GatewayCounts(HttpMessageHandler handler, TimeProvider time) : IDisposable
{
    private static readonly NameSet Wanted = new([GatewaySeries.InFlight, GatewaySeries.OutputTokens, GatewaySeries.Requests]);
    private readonly GatewayScrape _scrape = new(handler, time, TimeSpan.FromSeconds(5));

    /// <summary>What the gateway of a pod has counted; null when it cannot be read, and then nothing is known.</summary>
    /// <param name="address">The pod's address, v4 or v6.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<GatewayProgress?> ReadAsync(string address, CancellationToken cancellationToken) =>
        await _scrape.ReadAsync(new UriBuilder("http", address, GatewayContainer.AdminPort, "/metrics").Uri, Wanted, cancellationToken).ConfigureAwait(false) is { } scrape
            ? Of(scrape, time.GetUtcNow())
            : null;

    /// <summary>The progress that a scrape shows; null when it is not a gateway's, or lacks something.</summary>
    internal static GatewayProgress? Of(MetricFamilies scrape, DateTimeOffset now)
    {
        if (scrape.MalformedLines > 0 || !scrape.Has(GatewaySeries.InFlight) || !scrape.Has(GatewaySeries.OutputTokens)) return null;
        var inFlight = Sum(scrape, GatewaySeries.InFlight);
        // A request that ends without a token, such as an embedding or a refusal, has moved as well.
        var moved = Sum(scrape, GatewaySeries.OutputTokens) + Sum(scrape, GatewaySeries.Requests);
        return double.IsFinite(inFlight) && double.IsFinite(moved) && inFlight is >= 0 and <= int.MaxValue ? new GatewayProgress((int)inFlight, moved, now) : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _scrape.Dispose();

    private static double Sum(MetricFamilies scrape, string name) => scrape[name].Sum(series => series.Value);
}
