using Nemotron.Engines.Clients.Transport;
using Nemotron.Engines.Clients.Triton;

namespace Nemotron.Engines.Clients;

/// <summary>Opens engines. All of them share sockets' settings, one set for each <see cref="TlsSettings"/>; dispose it after the engines.</summary>
public sealed class EngineClients(TimeProvider time, EngineTimeouts? timeouts = null) : IDisposable
{
    private readonly SharedSockets _sockets = new(timeouts ?? EngineTimeouts.Default);
    private readonly EngineTimeouts _timeouts = timeouts ?? EngineTimeouts.Default;

    /// <summary>A client for <paramref name="endpoint"/>. Connects at its first call; keeps one connection for each of its ports.</summary>
    /// <exception cref="ArgumentException">The endpoint lacks the port its protocol needs.</exception>
    public IEngine Open(EngineEndpoint endpoint) => endpoint.Protocol switch
    {
        EngineProtocol.Triton => new TritonEngine(Connect(endpoint)),
        EngineProtocol.TrtLlmHttp => new OpenAiEngine(Connect(endpoint), OpenAiRoutes.TrtLlmServe),
        EngineProtocol.Vllm => new OpenAiEngine(Connect(endpoint), OpenAiRoutes.Vllm),
        EngineProtocol.Nim => new OpenAiEngine(Connect(endpoint), OpenAiRoutes.Nim),
        EngineProtocol.TrtLlmGrpc => new TrtLlmGrpcEngine(Connect(endpoint)),
        EngineProtocol.OpenEngine => new OpenEngineEngine(Connect(endpoint)),
        _ => throw new ArgumentOutOfRangeException(nameof(endpoint), endpoint.Protocol, "No client for this protocol."),
    };

    private EngineConnection Connect(EngineEndpoint endpoint) => new(endpoint, _sockets.For(endpoint.Tls), _timeouts, time);

    /// <inheritdoc/>
    public void Dispose() => _sockets.Dispose();
}
