using System.Net;
using Nemotron.Gateway.Hosting;

namespace Nemotron.Gateway.Forwarding;

/// <summary>Calls the engine beside the gateway.</summary>
internal sealed class EngineClient : IDisposable
{
    private readonly HttpMessageInvoker _invoker;

    /// <summary>Makes the client; one for the life of the process.</summary>
    public EngineClient(GatewayState state)
    {
        _invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            // Trace context goes through as the client sent it.
            ActivityHeadersPropagator = null,
            ConnectTimeout = state.Current.Settings.Timeouts.Connect,
            // An answer that nobody reads on is cut at once, so that the engine stops generating.
            MaxResponseDrainSize = 0,
            ResponseDrainTimeout = TimeSpan.Zero,
            // Shorter than the 5 s after which trtllm-serve and vLLM close idle connections, so that no request meets a closing one.
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(4),
        });
    }

    /// <summary>What other forwarders send through, to the same connections.</summary>
    public HttpMessageInvoker Invoker => _invoker;

    /// <summary>Sends a body to an endpoint; ends when the answer's headers are there.</summary>
    /// <param name="client">The client's request, whose headers and query go along.</param>
    /// <param name="upstream">The engine.</param>
    /// <param name="path">The path there.</param>
    /// <param name="body">The body.</param>
    /// <param name="keepsAuthorization">The client's <c>Authorization</c> is for the engine, not for the gateway.</param>
    /// <param name="cancellationToken">Cuts the call, and with it the engine's work.</param>
    /// <exception cref="HttpRequestException">The engine is not there or broke off.</exception>
    public Task<HttpResponseMessage> PostAsync(
        HttpRequest client, Uri upstream, string path, ReadOnlyMemory<byte> body, bool keepsAuthorization, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(upstream, path + client.QueryString.ToUriComponent()))
        {
            Version = HttpVersion.Version11,
            Content = new ReadOnlyMemoryContent(body),
        };
        var connection = client.Headers.Connection.ToString();
        foreach (var (name, value) in client.Headers)
        {
            if (!HopHeaders.RequestKeeps(name, connection)) continue;
            if (!keepsAuthorization && name.Equals("Authorization", StringComparison.OrdinalIgnoreCase)) continue;
            // Content-Type and its like belong to the content; which ones do, the collection knows.
            if (value.Count == 1) _ = request.Headers.TryAddWithoutValidation(name, value[0]) || request.Content.Headers.TryAddWithoutValidation(name, value[0]);
            else _ = request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)value) || request.Content.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)value);
        }

        return _invoker.SendAsync(request, cancellationToken);
    }

    /// <summary>Asks whether the engine can serve.</summary>
    public async Task<bool> IsReadyAsync(Uri upstream, string path, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(upstream, path)) { Version = HttpVersion.Version11 };
            using var response = await _invoker.SendAsync(request, cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _invoker.Dispose();
}
