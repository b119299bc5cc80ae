using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Nemotron.Controllers.Prometheus;

/// <summary>The HTTP API of Prometheus.</summary>
internal sealed class PrometheusApi : IPrometheus, IDisposable
{
    // A refusal is a sentence; whole pages of a login are not for a status.
    private const int LongestQuote = 200;

    private readonly PrometheusSettings _settings;
    private readonly TimeProvider _time;
    private readonly HttpClient _client;
    private readonly Uri _query;

    /// <summary>Prepares the connection; nothing is sent.</summary>
    /// <param name="settings">Where, and as whom.</param>
    /// <param name="time">The clock of the timeout.</param>
    /// <param name="handler">What sends; null for the network.</param>
    public PrometheusApi(PrometheusSettings settings, TimeProvider time, HttpMessageHandler? handler = null)
    {
        _settings = settings;
        _time = time;
        _query = new Uri($"{settings.Url.AbsoluteUri.TrimEnd('/')}/api/v1/query");
        _client = new HttpClient(handler ?? Network(settings.CaFile)) { Timeout = System.Threading.Timeout.InfiniteTimeSpan };
    }

    /// <inheritdoc/>
    public async Task<QueryAnswer> QueryAsync(string query, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(_settings.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, _query) { Content = new FormUrlEncodedContent([new("query", query)]) };
            if (_settings.BearerTokenFile is { } file) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(file, either.Token)).Trim());
            foreach (var (name, value) in _settings.Headers) request.Headers.TryAddWithoutValidation(name, value);
            using var response = await _client.SendAsync(request, either.Token);
            var body = await response.Content.ReadAsByteArrayAsync(either.Token);
            // Prometheus explains its refusals (400, 422, 503) in its own JSON; proxies do not.
            if (!response.IsSuccessStatusCode && response.Content.Headers.ContentType?.MediaType != "application/json")
                throw new PrometheusException($"{_settings.Url} answers {(int)response.StatusCode}: {Quote(body)}");
            return QueryAnswerReader.Read(body);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PrometheusException($"{_settings.Url} did not answer within {_settings.Timeout.TotalSeconds:0} s", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or UnauthorizedAccessException)
        {
            throw new PrometheusException($"{_settings.Url} cannot be asked: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private static string Quote(byte[] body)
    {
        var text = System.Text.Encoding.UTF8.GetString(body).ReplaceLineEndings(" ").Trim();
        return text.Length <= LongestQuote ? text : $"{text[..LongestQuote]} …";
    }

    private static SocketsHttpHandler Network(string? caFile)
    {
        var handler = new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), ConnectTimeout = TimeSpan.FromSeconds(5) };
        if (caFile is null) return handler;
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, errors) => Trusted(certificate, errors, caFile);
        return handler;
    }

    // The file is read at each handshake, which are few: authorities are rotated too.
    private static bool Trusted(X509Certificate? certificate, SslPolicyErrors errors, string caFile)
    {
        if (certificate is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0) return false;
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(caFile);
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        using var leaf = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        return chain.Build(leaf);
    }
}
