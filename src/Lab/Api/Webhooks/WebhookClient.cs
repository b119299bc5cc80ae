using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Nemotron.Lab.Storage;

namespace Nemotron.Lab.Api.Webhooks;

/// <summary>Calls webhooks over HTTPS with the authorities of their configuration, valid by the Lab's clock. Connections are kept per authorities.</summary>
/// <param name="time">The Lab's clock, by which certificates are valid.</param>
/// <param name="network">The clock of the network: however fast the Lab's runs, an answer takes the time that it takes.</param>
internal sealed class WebhookClient(TimeProvider time, TimeProvider network) : IDisposable
{
    private static readonly HttpRequestOptionsKey<IPEndPoint?> Via = new("via");

    private readonly ConcurrentDictionary<string, HttpClient> clients = new();

    /// <exception cref="HttpRequestException">The webhook cannot be reached or answers with an error.</exception>
    /// <exception cref="FormatException">It does not answer with JSON.</exception>
    public async Task<JsonObject> CallAsync(WebhookTarget target, JsonObject review, TimeSpan timeout)
    {
        var client = clients.GetOrAdd(target.CaBundle, Connect);
        using var expiry = new CancellationTokenSource(timeout, network);
        using var content = new ByteArrayContent(StoredObject.Serialise(review));
        content.Headers.ContentType = new MediaTypeHeaderValue(MediaTypes.Json);
        using var request = new HttpRequestMessage(HttpMethod.Post, target.Url) { Content = content };
        request.Options.Set(Via, target.Via);
        try
        {
            using var response = await client.SendAsync(request, expiry.Token);
            byte[] body = await response.Content.ReadAsByteArrayAsync(expiry.Token);
            if (!response.IsSuccessStatusCode) throw new HttpRequestException($"the webhook answered {(int)response.StatusCode}");
            return JsonNode.Parse(body) as JsonObject ?? throw new FormatException("the answer is no object");
        }
        catch (OperationCanceledException) when (expiry.IsCancellationRequested)
        {
            throw new HttpRequestException("context deadline exceeded");
        }
        catch (System.Text.Json.JsonException malformed)
        {
            throw new FormatException(malformed.Message);
        }
    }

    public void Dispose()
    {
        foreach (var client in clients.Values) client.Dispose();
    }

    private HttpClient Connect(string caBundle)
    {
        var handler = new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), UseProxy = false, ConnectCallback = DialAsync };
        if (caBundle.Length > 0)
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPem(System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(caBundle)));
            handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, errors) => Trusted(certificate, errors, authorities);
        }
        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    private static async ValueTask<Stream> DialAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            EndPoint where = context.InitialRequestMessage.Options.TryGetValue(Via, out var via) && via is not null ? via : context.DnsEndPoint;
            await socket.ConnectAsync(where, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private bool Trusted(X509Certificate? certificate, SslPolicyErrors errors, X509Certificate2Collection authorities)
    {
        if (certificate is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0) return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = time.GetUtcNow().UtcDateTime;
        using var leaf = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        return chain.Build(leaf);
    }
}
