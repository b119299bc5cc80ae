namespace Nemotron.Engines.Clients.Transport;

/// <summary>What is sent to one endpoint only, over sockets that all share: the name for TLS, and headers.</summary>
internal sealed class EndpointHandler : HttpMessageHandler
{
    private readonly HttpMessageInvoker _sockets;
    private readonly string? _serverName;
    private readonly IReadOnlyDictionary<string, string>? _headers;

    /// <param name="sockets">Shared; not disposed here.</param>
    /// <param name="endpoint">Whose name and headers to send.</param>
    public EndpointHandler(SocketsHttpHandler sockets, EngineEndpoint endpoint)
    {
        _sockets = new HttpMessageInvoker(sockets, disposeHandler: false);
        _serverName = endpoint.Tls?.ServerName;
        _headers = endpoint.Headers;
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        // The handler checks the certificate against the Host header where there is one, and pools by it.
        if (_serverName is not null) request.Headers.Host = _serverName;
        if (_headers is not null)
            foreach (var (name, value) in _headers) request.Headers.TryAddWithoutValidation(name, value);
        return _sockets.SendAsync(request, cancellation);
    }
}
