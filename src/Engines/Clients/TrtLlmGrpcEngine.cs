using Nemotron.Engines.Clients.Transport;
using Nemotron.Engines.Health;
using Nemotron.Engines.Metrics;
using Nemotron.Engines.Protos.TrtLlm;

namespace Nemotron.Engines.Clients;

/// <summary>trtllm-serve <c>--grpc</c>.</summary>
internal sealed class TrtLlmGrpcEngine(EngineConnection connection) : IEngine
{
    // Any id below the vocabulary's size will do: the probe asks for a token, not for sense.
    private const uint SomeToken = 1;

    private readonly EngineGrpc _grpc = connection.NeedGrpc();
    private readonly TrtllmService.TrtllmServiceClient _client = new(connection.NeedGrpc().Invoker);

    public EngineEndpoint Endpoint => connection.Endpoint;

    public Task<HealthAnswer> AskHealthAsync(CancellationToken cancellation) => connection.AskHealthAsync(async deadline =>
    {
        var answer = await _client.HealthCheckAsync(new HealthCheckRequest(), EngineGrpc.Within(deadline)).ConfigureAwait(false);
        return new HealthAnswer.TrtLlmStatus(answer.Status);
    }, cancellation);

    public async Task<IReadOnlyList<EngineModel>> ModelsAsync(CancellationToken cancellation)
    {
        var info = await ModelInfoAsync(cancellation).ConfigureAwait(false);
        return info.ModelId.Length == 0 ? [] : [new EngineModel(info.ModelId, null, true, "")];
    }

    public async Task<EngineInfo> InfoAsync(CancellationToken cancellation)
    {
        var server = await _grpc.QueryAsync("GetServerInfo", o => _client.GetServerInfoAsync(new GetServerInfoRequest(), o), cancellation).ConfigureAwait(false);
        var model = await ModelInfoAsync(cancellation).ConfigureAwait(false);
        // proto3 has no "unset" for these: 0 is what the engine leaves where it fills nothing in.
        return new EngineInfo
        {
            Name = server.Backend.Length > 0 ? server.Backend : "tensorrt-llm",
            Version = server.Version.Length > 0 ? server.Version : null,
            TensorParallel = Set(server.TensorParallelSize),
            PipelineParallel = Set(server.PipelineParallelSize),
            MaxBatchSize = Set(model.MaxBatchSize),
            MaxSequenceTokens = Set(model.MaxSeqLen),
        };
    }

    public Task<EngineSignals> LoadAsync(CancellationToken cancellation) =>
        Task.FromResult(MetricsText.Absent("trtllm-serve --grpc reports no load and has no HTTP server for metrics"));

    public Task<TokenProbe> ProbeAsync(CancellationToken cancellation) => connection.ProbeAsync(async deadline =>
    {
        var request = new GenerateRequest
        {
            RequestId = $"nemotron-probe-{Guid.NewGuid():N}",
            Tokenized = new TokenizedInput { InputTokenIds = { SomeToken } },
            SamplingConfig = new SamplingConfig { BeamWidth = 1, NumReturnSequences = 1 },
            OutputConfig = new OutputConfig { ExcludeInputFromOutput = true },
            MaxTokens = 1,
            Streaming = true,
            IgnoreEos = true,
        };
        using var call = _client.Generate(request, EngineGrpc.Within(deadline));
        while (await call.ResponseStream.MoveNext(deadline.Token).ConfigureAwait(false))
        {
            var answer = call.ResponseStream.Current;
            if (answer.Chunk?.TokenIds.Count > 0 || answer.Complete?.OutputTokenIds.Count > 0) return (ProbeOutcome.Token, "");
        }

        return (ProbeOutcome.Failed, "the answer ended without a token");
    }, cancellation);

    public void Dispose() => connection.Dispose();

    private Task<GetModelInfoResponse> ModelInfoAsync(CancellationToken cancellation) =>
        _grpc.QueryAsync("GetModelInfo", o => _client.GetModelInfoAsync(new GetModelInfoRequest(), o), cancellation);

    private static int? Set(int value) => value > 0 ? value : null;
}
