using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Nemotron.Lab.Engines;

/// <summary>Which server an engine has.</summary>
internal static class EngineServers
{
    /// <summary>The server of a product.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="grpc">Answers gRPC calls.</param>
    /// <param name="faults">The faults asked for now.</param>
    public static EngineServer Of(SimulatedEngine engine, RequestDelegate grpc, Func<EngineFaults> faults) => engine.Settings switch
    {
        { Product: EngineProduct.Triton } => new TritonServer(engine, grpc, faults),
        { Product: EngineProduct.TrtLlmServe, GrpcPort: not null } => new TrtLlmGrpcServer(engine, grpc, faults),
        { Product: EngineProduct.TrtLlmServe } => new TrtLlmServeServer(engine, faults),
        _ => new VllmServer(engine, faults),
    };

    /// <summary>What is open while an engine loads. Only a NIM from 2.0 on has anything: the proxy in front of its engine says at once that it lives.</summary>
    public static IReadOnlyList<WantedPort> Early(EngineSettings settings)
    {
        if (settings.Product != EngineProduct.Nim || !settings.Version.AtLeast(2, 0)) return [];
        return [new(settings.HttpPort!.Value, PortProtocol.Http, http => http.Request.Path.Value switch
        {
            "/v1/health/live" => JsonAnswer.JsonAsync(http, 200, new JsonObject { ["object"] = "health.response", ["message"] = "Service is live." }),
            _ => JsonAnswer.JsonAsync(http, 503, new JsonObject { ["object"] = "health.response", ["message"] = "Service is not ready." }),
        })];
    }
}
