using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Nemotron.Engines.Protos.Triton;
using Nemotron.Engines.Protos.TrtLlm;

namespace Nemotron.Engines.Bench;

/// <summary>The other process: engines that are always ready, each on two ports of loopback of its own. Simulated; nothing is generated.</summary>
internal static class SimulatedEngines
{
    /// <summary>gRPC at this port and the following; HTTP from <see cref="HttpPort"/> on.</summary>
    public const int GrpcPort = 30000;

    public const int HttpPort = 31000;

    /// <summary>Serves until standard input ends; prints a line when it is ready.</summary>
    public static async Task ServeAsync(int engines)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            for (var i = 0; i < engines; i++)
            {
                kestrel.Listen(IPAddress.Loopback, GrpcPort + i, listen => listen.Protocols = HttpProtocols.Http2);
                kestrel.Listen(IPAddress.Loopback, HttpPort + i, listen => listen.Protocols = HttpProtocols.Http1);
            }
        });
        var app = builder.Build();
        app.MapGrpcService<ReadyTriton>();
        app.MapGrpcService<ReadyTrtLlm>();
        var metrics = ExampleMetrics.Text();
        app.MapGet("/health", () => Results.Ok());
        app.MapGet("/version", () => Results.Json(new Dictionary<string, string> { ["version"] = "1.3.0" }));
        app.MapGet("/v1/models", () => Results.Text("""{"data":[{"id":"super"}]}""", "application/json"));
        app.MapGet("/prometheus/metrics", () => Results.Text(metrics));
        await app.StartAsync();
        Console.WriteLine("ready");
        await Console.In.ReadToEndAsync();
        await app.StopAsync();
    }

    private sealed class ReadyTriton : GRPCInferenceService.GRPCInferenceServiceBase
    {
        public override Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) => Task.FromResult(new ServerReadyResponse { Ready = true });
        public override Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context) => Task.FromResult(new ModelReadyResponse { Ready = true });
        public override Task<ServerMetadataResponse> ServerMetadata(ServerMetadataRequest request, ServerCallContext context) => Task.FromResult(new ServerMetadataResponse { Name = "triton", Version = "2.71.0" });
        public override Task<RepositoryIndexResponse> RepositoryIndex(RepositoryIndexRequest request, ServerCallContext context) => Task.FromResult(new RepositoryIndexResponse());
    }

    private sealed class ReadyTrtLlm : TrtllmService.TrtllmServiceBase
    {
        public override Task<HealthCheckResponse> HealthCheck(HealthCheckRequest request, ServerCallContext context) => Task.FromResult(new HealthCheckResponse { Status = "OK" });
        public override Task<GetServerInfoResponse> GetServerInfo(GetServerInfoRequest request, ServerCallContext context) => Task.FromResult(new GetServerInfoResponse { Version = "1.3.0", Backend = "tensorrt-llm" });
        public override Task<GetModelInfoResponse> GetModelInfo(GetModelInfoRequest request, ServerCallContext context) => Task.FromResult(new GetModelInfoResponse { ModelId = "super" });
    }
}
