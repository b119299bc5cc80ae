using Nemotron.Engines.Clients;
using Nemotron.Engines.Health;

namespace Nemotron.Engines.Tests.Clients;

/// <summary>Clients against real servers on loopback.</summary>
public abstract class EngineClientsTest : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _servers = [];
    private readonly List<IEngine> _engines = [];

    /// <summary>Short deadlines: what a test waits for in full is one that passes.</summary>
    private protected EngineClients Clients { get; } = new(TimeProvider.System, new EngineTimeouts { Connect = TimeSpan.FromSeconds(5), Health = TimeSpan.FromSeconds(10), Query = TimeSpan.FromSeconds(10), Probe = TimeSpan.FromSeconds(10) });

    private protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    private protected async Task<TestServer> Serve(Task<TestServer> starting)
    {
        var server = await starting;
        _servers.Add(server);
        return server;
    }

    private protected IEngine Open(EngineEndpoint endpoint, EngineClients? clients = null)
    {
        var engine = (clients ?? Clients).Open(endpoint);
        _engines.Add(engine);
        return engine;
    }

    private protected static EngineEndpoint Endpoint(EngineProtocol protocol, int? grpc = null, int? http = null, string? model = null) =>
        new() { Key = "fleet/pod", Protocol = protocol, Host = "127.0.0.1", GrpcPort = grpc, HttpPort = http, Model = model };

    private protected static EngineState StateOf(HealthAnswer answer, string? model = null) =>
        HealthRules.Next(EngineHealth.NotAsked(DateTimeOffset.UnixEpoch, everReady: true), answer, model, PodFacts.None, DateTimeOffset.UnixEpoch).State;

    public async ValueTask DisposeAsync()
    {
        foreach (var engine in _engines) engine.Dispose();
        foreach (var server in _servers) await server.DisposeAsync();
        Clients.Dispose();
        GC.SuppressFinalize(this);
    }
}
