using Nemotron.Engines.Metrics.Exposition;

namespace Nemotron.Controllers.Engines;

/// <summary>Reads what a gateway tells on its admin port.</summary>
internal sealed class GatewayScrape(HttpMessageHandler handler, TimeProvider time, TimeSpan limit) : IDisposable
{
    private readonly HttpClient _client = new(handler) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>The wanted families; null when they cannot be read within the limit, and then nothing is known.</summary>
    /// <param name="url">Where its metrics are.</param>
    /// <param name="wanted">The families' names.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<MetricFamilies?> ReadAsync(Uri url, NameSet wanted, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            using var response = await _client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode) return null;
            await using var text = await response.Content.ReadAsStreamAsync(either.Token).ConfigureAwait(false);
            return await ExpositionReader.ReadAsync(text, wanted, either.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or InvalidDataException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();
}
