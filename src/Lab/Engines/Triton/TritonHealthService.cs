using Grpc.Core;
using Nemotron.Engines.Protos.Health;

namespace Nemotron.Lab.Engines;

/// <summary>Triton's <c>grpc.health.v1.Health</c>: Check only, whatever the service's name, from readiness; while it exits the call fails.</summary>
internal sealed class TritonHealthService : Health.HealthBase
{
    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        var server = GrpcPort.ServerOf<TritonServer>(context.GetHttpContext());
        if (server.Engine.Draining) throw new RpcException(new Status(StatusCode.Unavailable, "Server exiting"));
        return Task.FromResult(new HealthCheckResponse
        {
            Status = server.Ready ? HealthCheckResponse.Types.ServingStatus.Serving : HealthCheckResponse.Types.ServingStatus.NotServing,
        });
    }
}
