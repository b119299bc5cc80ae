using System.Collections.Concurrent;
using Google.Protobuf;
using Grpc.Core;
using Nemotron.Engines.Protos.OpenEngine;
using Nemotron.Engines.Protos.Triton;
using Nemotron.Engines.Protos.TrtLlm;
using StandardHealth = Nemotron.Engines.Protos.Health;

namespace Nemotron.Engines.Tests.WireCompat;

/// <summary>What our server bases got, and what they are to answer, by the method's path.</summary>
internal sealed class Exchange(IReadOnlyDictionary<string, IMessage> replies)
{
    public ConcurrentDictionary<string, IMessage> Got { get; } = new();

    public Task<T> Answer<T>(IMessage request, ServerCallContext context)
        where T : IMessage
    {
        Got[context.Method] = request;
        return Task.FromResult((T)replies[context.Method]);
    }
}

internal sealed class EchoTriton(Exchange x) : GRPCInferenceService.GRPCInferenceServiceBase
{
    public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest r, ServerCallContext c) => x.Answer<ServerLiveResponse>(r, c);
    public override Task<ServerReadyResponse> ServerReady(ServerReadyRequest r, ServerCallContext c) => x.Answer<ServerReadyResponse>(r, c);
    public override Task<ModelReadyResponse> ModelReady(ModelReadyRequest r, ServerCallContext c) => x.Answer<ModelReadyResponse>(r, c);
    public override Task<ServerMetadataResponse> ServerMetadata(ServerMetadataRequest r, ServerCallContext c) => x.Answer<ServerMetadataResponse>(r, c);
    public override Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest r, ServerCallContext c) => x.Answer<ModelMetadataResponse>(r, c);
    public override Task<ModelConfigResponse> ModelConfig(ModelConfigRequest r, ServerCallContext c) => x.Answer<ModelConfigResponse>(r, c);
    public override Task<ModelStatisticsResponse> ModelStatistics(ModelStatisticsRequest r, ServerCallContext c) => x.Answer<ModelStatisticsResponse>(r, c);
    public override Task<RepositoryIndexResponse> RepositoryIndex(RepositoryIndexRequest r, ServerCallContext c) => x.Answer<RepositoryIndexResponse>(r, c);
    public override Task<RepositoryModelLoadResponse> RepositoryModelLoad(RepositoryModelLoadRequest r, ServerCallContext c) => x.Answer<RepositoryModelLoadResponse>(r, c);
    public override Task<RepositoryModelUnloadResponse> RepositoryModelUnload(RepositoryModelUnloadRequest r, ServerCallContext c) => x.Answer<RepositoryModelUnloadResponse>(r, c);
    public override Task<ModelInferResponse> ModelInfer(ModelInferRequest r, ServerCallContext c) => x.Answer<ModelInferResponse>(r, c);

    public override async Task ModelStreamInfer(IAsyncStreamReader<ModelInferRequest> requests, IServerStreamWriter<ModelStreamInferResponse> responses, ServerCallContext c)
    {
        await foreach (var request in requests.ReadAllAsync()) await responses.WriteAsync(await x.Answer<ModelStreamInferResponse>(request, c));
    }
}

internal sealed class EchoHealth(Exchange x) : StandardHealth.Health.HealthBase
{
    public override Task<StandardHealth.HealthCheckResponse> Check(StandardHealth.HealthCheckRequest r, ServerCallContext c) => x.Answer<StandardHealth.HealthCheckResponse>(r, c);
}

internal sealed class EchoTrtLlm(Exchange x) : TrtllmService.TrtllmServiceBase
{
    public override Task<HealthCheckResponse> HealthCheck(HealthCheckRequest r, ServerCallContext c) => x.Answer<HealthCheckResponse>(r, c);
    public override Task<Protos.TrtLlm.AbortResponse> Abort(Protos.TrtLlm.AbortRequest r, ServerCallContext c) => x.Answer<Protos.TrtLlm.AbortResponse>(r, c);
    public override Task<GetModelInfoResponse> GetModelInfo(Protos.TrtLlm.GetModelInfoRequest r, ServerCallContext c) => x.Answer<GetModelInfoResponse>(r, c);
    public override Task<GetServerInfoResponse> GetServerInfo(Protos.TrtLlm.GetServerInfoRequest r, ServerCallContext c) => x.Answer<GetServerInfoResponse>(r, c);
    public override async Task Generate(GenerateRequest r, IServerStreamWriter<GenerateResponse> responses, ServerCallContext c) => await responses.WriteAsync(await x.Answer<GenerateResponse>(r, c));
}

internal sealed class EchoControl(Exchange x) : Control.ControlBase
{
    public override Task<ServerInfo> GetServerInfo(Protos.OpenEngine.GetServerInfoRequest r, ServerCallContext c) => x.Answer<ServerInfo>(r, c);
    public override Task<ModelInfo> GetModelInfo(Protos.OpenEngine.GetModelInfoRequest r, ServerCallContext c) => x.Answer<ModelInfo>(r, c);
    public override Task<LoadInfo> GetLoad(GetLoadRequest r, ServerCallContext c) => x.Answer<LoadInfo>(r, c);
    public override Task<HealthResponse> Health(HealthRequest r, ServerCallContext c) => x.Answer<HealthResponse>(r, c);
    public override Task<Protos.OpenEngine.AbortResponse> Abort(Protos.OpenEngine.AbortRequest r, ServerCallContext c) => x.Answer<Protos.OpenEngine.AbortResponse>(r, c);
}
