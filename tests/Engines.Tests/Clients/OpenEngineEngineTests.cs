using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Nemotron.Engines.Clients;
using Nemotron.Engines.Health;
using Nemotron.Engines.Metrics;
using Nemotron.Engines.Protos.OpenEngine;

namespace Nemotron.Engines.Tests.Clients;

public sealed class OpenEngineEngineTests : EngineClientsTest
{
    private readonly FakeControl _server = new();

    [Fact]
    public async Task Its_own_words_for_health()
    {
        var engine = await Start();
        (await engine.AskHealthAsync(Stop)).ShouldBe(new HealthAnswer.OpenEngine(HealthState.Ready, ""));
        _server.State = HealthState.Degraded;
        (await engine.AskHealthAsync(Stop)).ShouldBe(new HealthAnswer.OpenEngine(HealthState.Degraded, "model: slow"));
    }

    [Fact]
    public async Task What_is_unset_in_its_load_is_unknown_and_what_is_zero_is_zero()
    {
        var load = await (await Start()).LoadAsync(Stop);
        (load.Running.Value, load.Waiting.Value).ShouldBe((5, 0));
        load.KvUsedFraction.UnknownBecause.ShouldBe("the engine left it unset in GetLoad");
        load.GenerationTokens.IsKnown.ShouldBeFalse();

        _server.Load = new LoadInfo { UsedKvBlocks = 30, TotalKvBlocks = 120 };
        load = await (await Start()).LoadAsync(Stop);
        (load.KvUsedFraction.Value, load[EngineSignal.KvTotalBlocks].Value, load.Running.IsKnown).ShouldBe((0.25, 120, false));
    }

    [Fact]
    public async Task Info_models_and_the_engines_own_probe()
    {
        var engine = await Start();
        var info = await engine.InfoAsync(Stop);
        (info.Name, info.Version, info.TensorParallel, info.TokensPerBlock, info.MaxSequenceTokens).ShouldBe(("tensorrt_llm", "1.3.0rc25", 2, 32, 8192));
        (await engine.ModelsAsync(Stop)).Single().Name.ShouldBe("super");
        (await engine.ProbeAsync(Stop)).Outcome.ShouldBe(ProbeOutcome.Token);
        _server.State = HealthState.Degraded;
        (await engine.ProbeAsync(Stop)).Outcome.ShouldBe(ProbeOutcome.Failed);
    }

    private async Task<IEngine> Start()
    {
        var server = await Serve(TestServer.StartAsync(app => app.MapGrpcService<FakeControl>(), services => services.AddSingleton(_server)));
        return Open(Endpoint(EngineProtocol.OpenEngine, grpc: server.GrpcPort));
    }

    private sealed class FakeControl : Control.ControlBase
    {
        public HealthState State { get; set; } = HealthState.Ready;

        public LoadInfo Load { get; set; } = new() { RunningRequests = 5, QueuedRequests = 0 };

        public override Task<HealthResponse> Health(HealthRequest request, ServerCallContext context)
        {
            var answer = new HealthResponse { State = State, Checks = { new HealthCheck { Name = "grpc", State = HealthState.Ready }, new HealthCheck { Name = "model", State = State, Message = "slow" } } };
            if (request.IncludeInferenceProbe) answer.Checks.Add(new HealthCheck { Name = "inference_probe", State = State, Message = "1 token" });
            return Task.FromResult(answer);
        }

        public override Task<LoadInfo> GetLoad(GetLoadRequest request, ServerCallContext context) => Task.FromResult(Load);

        public override Task<ServerInfo> GetServerInfo(GetServerInfoRequest request, ServerCallContext context) => Task.FromResult(new ServerInfo
        {
            EngineName = "tensorrt_llm", EngineVersion = "1.3.0rc25", SupportedModels = { "super" }, Parallelism = new ParallelismInfo { TensorParallelSize = 2 }, Capacity = new DeploymentCapacity { KvBlockSize = 32 },
        });

        public override Task<ModelInfo> GetModelInfo(GetModelInfoRequest request, ServerCallContext context) => Task.FromResult(new ModelInfo { ModelId = "super", MaxContextLength = 8192 });
    }
}
