using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Nemotron.Lab.Storage;

namespace Nemotron.Lab.Api.Webhooks;

/// <summary>Calls webhooks over HTTPS with the CA of their configuration. Connections are kept per CA and server name.</summary>
internal sealed class WebhookClient(Func<string, string, int, Uri?>? resolveService) : IDisposable
{
    private readonly ConcurrentDictionary<(string CaBundle, string ServerName), HttpClient> clients = new();

    /// <exception cref="HttpRequestException">The webhook cannot be reached or answers with an error.</exception>
    /// <exception cref="FormatException">It does not answer with JSON.</exception>
    public async Task<JsonObject> CallAsync(JsonObject clientConfig, JsonObject review, TimeSpan timeout, TimeProvider time)
    {
        var (address, serverName) = Address(clientConfig);
        var client = clients.GetOrAdd((clientConfig["caBundle"].Text() ?? "", serverName), key => Connect(key.CaBundle, key.ServerName));
        using var expiry = new CancellationTokenSource(timeout, time);
        using var content = new ByteArrayContent(StoredObject.Serialise(review));
        content.Headers.ContentType = new MediaTypeHeaderValue(MediaTypes.Json);
        try
        {
            using var response = await client.PostAsync(address, content, expiry.Token);
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

    private (Uri Address, string ServerName) Address(JsonObject clientConfig)
    {
        if (clientConfig["url"].Text() is { Length: > 0 } url) return (new Uri(url), "");
        var service = clientConfig["service"] as JsonObject ?? [];
        string ns = service["namespace"].Text() ?? "";
        string name = service["name"].Text() ?? "";
        int port = (int)(service["port"].Integer() ?? 443);
        var found = resolveService?.Invoke(ns, name, port) ?? throw new HttpRequestException($"service \"{name}\" in {ns} is not reachable from the Lab");
        // The certificate is made out for the service, wherever the Lab finds it.
        return (new Uri(found, service["path"].Text() ?? "/"), $"{name}.{ns}.svc");
    }

    private static HttpClient Connect(string caBundle, string serverName)
    {
        var handler = new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5) };
        if (serverName.Length > 0) handler.SslOptions.TargetHost = serverName;
        if (caBundle.Length > 0)
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPem(System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(caBundle)));
            handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, errors) => Trusted(certificate, errors, authorities);
        }
        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    private static bool Trusted(X509Certificate? certificate, SslPolicyErrors errors, X509Certificate2Collection authorities)
    {
        if (certificate is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0) return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        using var leaf = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        return chain.Build(leaf);
    }
}
