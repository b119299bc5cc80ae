using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;

namespace Nemotron.Lab.Engines;

/// <summary>Triton: KServe v2 over HTTP and gRPC, Prometheus on a port of its own. All three are closed until the model is loaded.</summary>
/// <param name="engine">The engine.</param>
/// <param name="grpc">Answers gRPC calls.</param>
/// <param name="faults">The faults asked for now.</param>
internal sealed class TritonServer(SimulatedEngine engine, RequestDelegate grpc, Func<EngineFaults> faults) : EngineServer(engine, faults)
{
    private const string Stopping = "GRPC server is shutting down and has stopped accepting new requests.";
    private static readonly TimeSpan Unload = TimeSpan.FromSeconds(2);
    private static readonly string[] Services = ["/inference.GRPCInferenceService/", "/grpc.health.v1.Health/"];

    private readonly ConcurrentDictionary<string, EngineRequest> byId = new(StringComparer.Ordinal);
    private readonly TritonMetrics metrics = new(engine);
    private volatile bool grpcStops;

    /// <summary>The models it serves, the one that clients use first.</summary>
    public IReadOnlyList<TritonModel> Models { get; } = TritonModel.Of(engine.Settings);

    /// <summary>Inferences over gRPC that are being answered.</summary>
    public InFlight GrpcRequests { get; } = new();

    /// <summary>Whether the server says that it lives: as long as it answers.</summary>
    public bool Live => !Engine.Draining;

    /// <summary>Whether it says that it is ready. Before 26.04 it did not ask its Python stub.</summary>
    public bool Ready => !Engine.Draining && (Engine.Health == EngineHealth.Sound || !Engine.Settings.Version.AtLeast(26, 4));

    /// <inheritdoc/>
    public override IReadOnlyList<WantedPort> Ports
    {
        get
        {
            var wanted = new List<WantedPort>();
            if (Engine.Settings.HttpPort is { } http) wanted.Add(new(http, PortProtocol.Http, new TritonHttp(this).HandleAsync));
            if (Engine.Settings.GrpcPort is { } port) wanted.Add(new(port, PortProtocol.Grpc, context => GrpcPort.AnswerAsync(context, this, Services, grpc)));
            if (Engine.Settings.MetricsPort is { } scraped) wanted.Add(new(scraped, PortProtocol.Http, ScrapeAsync));
            return wanted;
        }
    }

    /// <inheritdoc/>
    public override string Metrics() => metrics.Render();

    /// <summary>HTTP stops first, then gRPC, both within one time limit; the metrics port stays until the end.</summary>
    public override async Task<int> EndAsync(EnginePorts ports, CancellationToken killed)
    {
        Engine.Log.Write("Signal (15) received.");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(killed);
        var expired = Task.Delay(Engine.Settings.ExitTimeout, Engine.Time, limit.Token);
        if (Engine.Settings.HttpPort is { } http)
        {
            ports.StopListening(http);
            await Task.WhenAny(ports.ClosedAsync(http), expired);
        }

        grpcStops = true;
        if (Engine.Settings.GrpcPort is { } port)
        {
            ports.StopListening(port);
            await Task.WhenAny(GrpcRequests.Idle, expired);
            // Streams without a request do not hold it up for longer than it takes to unload the model.
            await Task.WhenAny(ports.ClosedAsync(port), Task.Delay(Unload, Engine.Time, limit.Token), expired);
        }

        var inTime = !expired.IsCompleted;
        await limit.CancelAsync();
        killed.ThrowIfCancellationRequested();
        if (inTime) return 0;
        Engine.Log.Write("error: failed to stop server: Internal - Exit timeout expired. Exiting immediately.");
        return 1;
    }

    /// <inheritdoc/>
    public override Task StrikeAsync(EngineFaultKind kind, Action<int> exit, CancellationToken killed)
    {
        if (kind != EngineFaultKind.DeadStub) return base.StrikeAsync(kind, exit, killed);
        Engine.Health = EngineHealth.Broken;
        Engine.Replica.FailAll();
        Engine.Log.Write("E1 pb_stub.cc: Stub process 'tensorrt_llm_0_0' is not healthy.");
        return Task.CompletedTask;
    }

    /// <summary>The model of a name; an empty one is none.</summary>
    public TritonModel? Find(string name) => Models.FirstOrDefault(model => model.Name == name);

    /// <summary>Takes a request in.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="version">The version asked for; empty for any.</param>
    /// <param name="inputs">Its inputs.</param>
    /// <param name="id">Its id; empty for none.</param>
    /// <param name="outputTokens">Tokens the answer shall have, or null.</param>
    /// <param name="overGrpc">Whether it came by gRPC.</param>
    /// <returns>The request; null when it only stopped another.</returns>
    /// <exception cref="RequestRefusedException">The request is not taken.</exception>
    public EngineRequest? Begin(string model, string version, TritonInputs inputs, string id, int? outputTokens, bool overGrpc)
    {
        if (overGrpc && grpcStops) throw new RequestRefusedException(503, Stopping);
        if (Find(model) is not { } known || version is not ("" or TritonModel.Version))
            throw new RequestRefusedException(404, $"Request for unknown model: '{model}' is not found");
        if (known != Models[0]) throw new RequestRefusedException(400, $"the Lab simulates requests to '{Models[0].Name}' only, not to '{model}'");
        if (inputs.Flag("stop"))
        {
            if (id.Length == 0) throw new RequestRefusedException(400, "A request id must be provided for request cancellation");
            if (byId.TryRemove(id, out var stopped)) Engine.Replica.Abort(stopped);
            return null;
        }

        if (Engine.Health != EngineHealth.Sound) throw BrokenStub();
        var asked = TritonModel.Read(inputs, Engine.Settings) with { OutputTokens = outputTokens };
        if (asked.Streams && !Engine.Settings.Decoupled) throw new RequestRefusedException(400, "Streaming is only supported in decoupled mode");
        var request = Engine.Begin(asked);
        if (id.Length > 0)
        {
            byId[id] = request;
            _ = request.EndAsync().ContinueWith(_ => byId.TryRemove(id, out var _), TaskScheduler.Default);
        }

        return request;
    }

    /// <summary>What a request fails with when the stub is dead.</summary>
    public static RequestRefusedException BrokenStub() => new(500,
        "Failed to process the request(s) for model instance 'tensorrt_llm_0_0', message: Stub process 'tensorrt_llm_0_0' is not healthy.");

    private async Task ScrapeAsync(HttpContext http)
    {
        http.Response.Headers.Server = Engine.ServerHeader;
        await JsonAnswer.ScrapeAsync(http, http.Request.Path == "/metrics" ? ScrapedMetrics() : null, ScrapesBreakOff);
    }
}
