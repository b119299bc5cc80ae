using System.Net;
using System.Runtime.CompilerServices;
using Nemotron.Gateway.Calling;
using Nemotron.Gateway.Hosting;

namespace Nemotron.Gateway.Forwarding;

/// <summary>
/// Calls the engine beside the gateway: with what the gateway has read over connections of its own, which cost a fraction of the framework's, with all else
/// through the framework's client.
/// </summary>
internal sealed class EngineClient : IDisposable
{
    private readonly HttpMessageInvoker _invoker;
    private readonly EnginePool _pool;
    private readonly EngineCall _call;
    private readonly GatewayState _state;

    /// <summary>Makes the client; one for the life of the process.</summary>
    public EngineClient(GatewayState state, TimeProvider clock)
    {
        _state = state;
        _pool = new EnginePool(clock);
        _call = new EngineCall(_pool, clock);
        _invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            // Trace context goes through as the client sent it.
            ActivityHeadersPropagator = null,
            ConnectTimeout = _state.Current.Settings.Timeouts.Connect,
            // An answer that nobody reads on is cut at once, so that the engine stops generating.
            MaxResponseDrainSize = 0,
            ResponseDrainTimeout = TimeSpan.Zero,
            // Shorter than the 5 s after which trtllm-serve and vLLM close idle connections, so that no request meets a closing one.
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(4),
        });
    }

    /// <summary>What other forwarders send through, to the same connections.</summary>
    public HttpMessageInvoker Invoker => _invoker;

    /// <summary>Sends a body to an endpoint; ends when the answer's head is there.</summary>
    /// <param name="client">The client's request, whose headers and query go along.</param>
    /// <param name="upstream">The engine.</param>
    /// <param name="path">The path there.</param>
    /// <param name="body">The body.</param>
    /// <param name="keepsAuthorization">The client's <c>Authorization</c> is for the engine, not for the gateway.</param>
    /// <param name="cancellationToken">Cuts the call, and with it the engine's work, until the answer is disposed.</param>
    /// <exception cref="HttpRequestException">The engine is not there or broke off.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<EngineAnswer> PostAsync(
        HttpRequest client, Uri upstream, string path, ReadOnlyMemory<byte> body, bool keepsAuthorization, CancellationToken cancellationToken)
    {
        using var request = RequestHead.Post(client, upstream, path, body, keepsAuthorization);
        return await _call.SendAsync(upstream, request, _state.Current.Settings.Timeouts.Connect, cancellationToken);
    }

    /// <summary>Asks whether the engine can serve.</summary>
    /// <param name="upstream">The engine.</param>
    /// <param name="path">Where it is asked.</param>
    /// <param name="anyAnswer">A refusal is as good as a yes: it says that somebody is there.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<bool> IsReadyAsync(Uri upstream, string path, bool anyAnswer, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(upstream, path)) { Version = HttpVersion.Version11 };
            using var response = await _invoker.SendAsync(request, cancellationToken);
            return response.IsSuccessStatusCode || (anyAnswer && response.StatusCode < HttpStatusCode.InternalServerError);
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _invoker.Dispose();
        _pool.Dispose();
    }
}
