using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;

namespace Nemotron.Lab.Engines;

/// <summary>
/// trtllm-serve with <c>--grpc</c>: <c>trtllm.TrtllmService</c> in place of the HTTP server. There is no health service of gRPC's own, no HTTP health
/// and no metrics.
/// </summary>
/// <param name="engine">The engine.</param>
/// <param name="grpc">Answers gRPC calls.</param>
/// <param name="faults">The faults asked for now.</param>
internal sealed class TrtLlmGrpcServer(SimulatedEngine engine, RequestDelegate grpc, Func<EngineFaults> faults) : EngineServer(engine, faults)
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);
    private static readonly string[] Services = ["/trtllm.TrtllmService/"];

    /// <summary>Requests by the id that their clients gave.</summary>
    public ConcurrentDictionary<string, EngineRequest> ById { get; } = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public override IReadOnlyList<WantedPort> Ports => [new(Engine.Settings.GrpcPort!.Value, PortProtocol.Grpc, http => GrpcPort.AnswerAsync(http, this, Services, grpc))];

    /// <inheritdoc/>
    public override string Metrics() => "";

    /// <summary>Its grace is five seconds, whatever the pod's; longer answers are cut.</summary>
    public override async Task<int> EndAsync(EnginePorts ports, CancellationToken killed)
    {
        ports.StopListening();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(killed);
        await Task.WhenAny(ports.ClosedAsync(), Task.Delay(Grace, Engine.Time, limit.Token));
        await limit.CancelAsync();
        killed.ThrowIfCancellationRequested();
        return 0;
    }
}
