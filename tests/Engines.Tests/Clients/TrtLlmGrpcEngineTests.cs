using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Nemotron.Engines.Clients;
using Nemotron.Engines.Health;
using Nemotron.Engines.Protos.TrtLlm;

namespace Nemotron.Engines.Tests.Clients;

public sealed class TrtLlmGrpcEngineTests : EngineClientsTest
{
    private readonly FakeTrtLlm _server = new();

    [Fact]
    public async Task The_status_string_is_the_answer()
    {
        var engine = await Start();
        (await engine.AskHealthAsync(Stop)).ShouldBe(new HealthAnswer.TrtLlmStatus("OK"));
        _server.Status = "RuntimeError: rank 3 died";
        var answer = await engine.AskHealthAsync(Stop);
        StateOf(answer).ShouldBe(EngineState.Degraded);
    }

    [Fact]
    public async Task What_the_engine_leaves_at_zero_is_unknown()
    {
        var info = await (await Start()).InfoAsync(Stop);
        (info.Name, info.Version, info.TensorParallel, info.PipelineParallel, info.MaxBatchSize, info.MaxSequenceTokens).ShouldBe(("tensorrt-llm", "1.3.0rc14", 4, 1, null, 131072));
        (await (await Start()).ModelsAsync(Stop)).ShouldBe([new EngineModel("nvidia/super", null, true, "")]);
    }

    [Fact]
    public async Task There_is_no_load_to_read_and_that_is_said() =>
        (await (await Start()).LoadAsync(Stop)).Running.UnknownBecause.ShouldBe("trtllm-serve --grpc reports no load and has no HTTP server for metrics");

    [Fact]
    public async Task A_probe_sends_token_ids_and_wants_one_back()
    {
        (await (await Start()).ProbeAsync(Stop)).Outcome.ShouldBe(ProbeOutcome.Token);
        (_server.Asked!.MaxTokens, _server.Asked.Tokenized.InputTokenIds.Count, _server.Asked.IgnoreEos).ShouldBe((1u, 1, true));

        _server.Tokens = 0;
        (await (await Start()).ProbeAsync(Stop)).Outcome.ShouldBe(ProbeOutcome.Failed);
    }

    private async Task<IEngine> Start()
    {
        var server = await Serve(TestServer.StartAsync(app => app.MapGrpcService<FakeTrtLlm>(), services => services.AddSingleton(_server)));
        return Open(Endpoint(EngineProtocol.TrtLlmGrpc, grpc: server.GrpcPort));
    }

    private sealed class FakeTrtLlm : TrtllmService.TrtllmServiceBase
    {
        public string Status { get; set; } = "OK";

        public int Tokens { get; set; } = 1;

        public GenerateRequest? Asked { get; private set; }

        public override Task<HealthCheckResponse> HealthCheck(HealthCheckRequest request, ServerCallContext context) => Task.FromResult(new HealthCheckResponse { Status = Status });

        public override Task<GetModelInfoResponse> GetModelInfo(GetModelInfoRequest request, ServerCallContext context) =>
            Task.FromResult(new GetModelInfoResponse { ModelId = "nvidia/super", MaxInputLen = 131071, MaxSeqLen = 131072, VocabSize = 128256 });

        public override Task<GetServerInfoResponse> GetServerInfo(GetServerInfoRequest request, ServerCallContext context) =>
            Task.FromResult(new GetServerInfoResponse { Version = "1.3.0rc14", Backend = "tensorrt-llm", TensorParallelSize = 4, PipelineParallelSize = 1, ContextParallelSize = 1, WorldSize = 4 });

        public override async Task Generate(GenerateRequest request, IServerStreamWriter<GenerateResponse> responses, ServerCallContext context)
        {
            Asked = request;
            for (var i = 0; i < Tokens; i++) await responses.WriteAsync(new GenerateResponse { RequestId = request.RequestId, Chunk = new GenerateStreamChunk { TokenIds = { 42 }, CompletionTokens = 1 } });
            await responses.WriteAsync(new GenerateResponse { RequestId = request.RequestId, Complete = new GenerateComplete { FinishReason = "length" } });
        }
    }
}
