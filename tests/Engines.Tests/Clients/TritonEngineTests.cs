using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Nemotron.Engines.Clients;
using Nemotron.Engines.Health;
using Nemotron.Engines.Metrics.Dialects;
using Nemotron.Engines.Protos.Triton;
using Nemotron.Engines.Tests.Metrics;

namespace Nemotron.Engines.Tests.Clients;

public sealed class TritonEngineTests : EngineClientsTest
{
    private readonly FakeTriton _triton = new();

    [Fact]
    public async Task A_ready_Triton_is_asked_two_things_and_no_more()
    {
        var engine = await GrpcOnly();
        (await engine.AskHealthAsync(Stop)).ShouldBe(HealthAnswer.Triton.AllReady);
        _triton.Calls.ShouldBe(["ServerReady", "ModelReady"]);
        (_triton.LastDeadline - DateTimeOffset.UnixEpoch.UtcDateTime).ShouldBeGreaterThan(TimeSpan.Zero);
        _triton.LastDeadline.ShouldNotBe(DateTime.MaxValue, "every call carries a deadline");
    }

    [Fact]
    public async Task Ready_false_while_another_model_loads_is_told_apart()
    {
        _triton.Ready = false;
        _triton.Models["other"] = ("LOADING", "");
        var answer = await (await GrpcOnly()).AskHealthAsync(Stop);
        StateOf(answer, "tensorrt_llm").ShouldBe(EngineState.Degraded);
        ((HealthAnswer.Triton)answer).Index!.ShouldContain(new RepositoryModel("other", "1", "LOADING", ""));
    }

    [Fact]
    public async Task A_model_that_Triton_does_not_know_is_not_ready()
    {
        _triton.Models.Clear();
        var answer = (HealthAnswer.Triton)await (await GrpcOnly()).AskHealthAsync(Stop);
        (answer.ServerReady, answer.ModelReady).ShouldBe((true, false));
    }

    [Fact]
    public async Task Exiting_is_draining_and_is_not_asked_again_at_once()
    {
        _triton.Failure = new RpcException(new Status(StatusCode.Unavailable, "Server exiting"));
        var answer = await (await GrpcOnly()).AskHealthAsync(Stop);
        answer.ShouldBe(new HealthAnswer.GrpcFailure(StatusCode.Unavailable, "Server exiting"));
        _triton.Calls.Count.ShouldBe(1, "a health poll is not retried");
    }

    [Fact]
    public async Task A_query_that_may_be_repeated_is_and_the_servers_pushback_is_obeyed()
    {
        var engine = await GrpcOnly();
        _triton.Failure = new RpcException(new Status(StatusCode.Unavailable, "for a moment"));
        var failed = await Should.ThrowAsync<EngineCallException>(() => engine.InfoAsync(Stop));
        failed.Message.ShouldContain("ServerMetadata of 127.0.0.1");
        failed.Message.ShouldContain("for a moment");
        _triton.Calls.Count.ShouldBe(3);

        _triton.Calls.Clear();
        _triton.Failure = new RpcException(new Status(StatusCode.Unavailable, "go away"), new Metadata { { "grpc-retry-pushback-ms", "-1" } });
        await Should.ThrowAsync<EngineCallException>(() => engine.InfoAsync(Stop));
        _triton.Calls.Count.ShouldBe(1, "a negative pushback says: do not retry");

        _triton.Calls.Clear();
        _triton.Failure = new RpcException(new Status(StatusCode.Internal, "broken"));
        await Should.ThrowAsync<EngineCallException>(() => engine.InfoAsync(Stop));
        _triton.Calls.Count.ShouldBe(1, "only UNAVAILABLE passes by itself");
    }

    [Fact]
    public async Task Models_and_version()
    {
        _triton.Models["unloaded"] = ("UNAVAILABLE", "unloaded");
        _triton.Models["never"] = ("", "");
        _triton.Models["broken"] = ("UNAVAILABLE", "load failed");
        var engine = await GrpcOnly();
        (await engine.ModelsAsync(Stop)).ShouldBe([new EngineModel("tensorrt_llm", "1", true, ""), new EngineModel("broken", "1", false, "load failed")]);
        var info = await engine.InfoAsync(Stop);
        (info.Name, info.Version, info.MaxBatchSize).ShouldBe(("triton", "2.71.0", null));
    }

    [Fact]
    public async Task Without_a_metrics_port_gRPC_statistics_are_the_load_and_the_rest_is_unknown()
    {
        var load = await (await GrpcOnly()).LoadAsync(Stop);
        (load.RequestsSucceeded.Value, load.RequestsFailed.Value).ShouldBe((7, 2));
        load.Running.UnknownBecause.ShouldContain("name MetricsPort");
    }

    [Fact]
    public async Task With_one_the_metrics_are_read()
    {
        var server = await Serve(TestServer.StartAsync(app => app.MapGet("/metrics", () => SampleFile.Text("triton-trtllm"))));
        var load = await Open(Endpoint(EngineProtocol.Triton, grpc: server.GrpcPort, model: "tensorrt_llm") with { MetricsPort = server.HttpPort }).LoadAsync(Stop);
        (load.Dialect.Name, load.Running.Value).ShouldBe((DialectName.TritonTrtLlm, 24));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_token_comes_from_the_llmapi_model_and_from_the_ensemble(bool llmApi)
    {
        _triton.Config = llmApi ? FakeTriton.LlmApi() : FakeTriton.Ensemble();
        var probe = await (await GrpcOnly()).ProbeAsync(Stop);
        probe.Outcome.ShouldBe(ProbeOutcome.Token, probe.Detail);
        _triton.Calls.ShouldNotContain("ModelInfer", "decoupled models refuse it");

        var request = _triton.LastRequest!;
        request.Inputs.Select(i => i.Name).ShouldBe(["text_input", llmApi ? "sampling_param_max_tokens" : "max_tokens"]);
        request.Inputs.Select(i => i.Datatype).ShouldBe(["BYTES", "INT32"]);
        request.Inputs[0].Shape.ShouldBe(llmApi ? [1L] : [1L, 1L], "a batching model's shapes carry the batch");
        request.RawInputContents.Select(r => r.ToByteArray()).ShouldBe([[1, 0, 0, 0, (byte)'1'], [1, 0, 0, 0]]);
    }

    [Fact]
    public async Task An_error_within_the_stream_is_a_failed_probe_though_the_call_succeeds()
    {
        _triton.Infer = (_, _) => Task.FromResult<ModelStreamInferResponse?>(new ModelStreamInferResponse { ErrorMessage = "GRPC server is shutting down" });
        var probe = await (await GrpcOnly()).ProbeAsync(Stop);
        (probe.Outcome, probe.Detail).ShouldBe((ProbeOutcome.Failed, "GRPC server is shutting down"));
    }

    [Fact]
    public async Task A_hung_engine_times_the_probe_out_and_the_server_learns_that_nobody_waits()
    {
        var cancelled = new TaskCompletionSource();
        _triton.Infer = async (_, context) =>
        {
            context.CancellationToken.Register(() => cancelled.TrySetResult());
            await cancelled.Task;
            return null;
        };
        using var clients = new EngineClients(TimeProvider.System, new EngineTimeouts { Probe = TimeSpan.FromSeconds(0.5) });
        var server = await GrpcServer();
        var probe = await Open(Endpoint(EngineProtocol.Triton, grpc: server.GrpcPort, model: "tensorrt_llm"), clients).ProbeAsync(Stop);
        probe.Outcome.ShouldBe(ProbeOutcome.TimedOut);
        await cancelled.Task.WaitAsync(Stop);
    }

    [Fact]
    public async Task A_model_of_another_kind_is_not_probed()
    {
        _triton.Config = new ModelConfig { Name = "resnet", Input = { new ModelInput { Name = "image" } } };
        (await (await GrpcOnly()).ProbeAsync(Stop)).Outcome.ShouldBe(ProbeOutcome.Unsupported);
        _triton.Calls.ShouldNotContain("ModelStreamInfer");
    }

    [Fact]
    public async Task Headers_go_along_with_every_call()
    {
        var server = await GrpcServer();
        var engine = Open(Endpoint(EngineProtocol.Triton, grpc: server.GrpcPort, model: "tensorrt_llm") with { Headers = new Dictionary<string, string> { ["triton-grpc-protocol-admin"] = "secret" } });
        await engine.AskHealthAsync(Stop);
        _triton.LastHeaders!.GetValue("triton-grpc-protocol-admin").ShouldBe("secret");
    }

    [Fact]
    public async Task Where_gRPC_is_off_HTTP_answers()
    {
        // The gRPC port is one where nothing listens: --allow-grpc=false.
        var http = await Serve(HttpTriton(ready: true));
        foreach (var grpc in new int?[] { null, ClosedPort.Find() })
        {
            var engine = Open(Endpoint(EngineProtocol.Triton, grpc, http.HttpPort, "tensorrt_llm"));
            (await engine.AskHealthAsync(Stop)).ShouldBe(HealthAnswer.Triton.AllReady);
            (await engine.ModelsAsync(Stop)).Select(m => m.Name).ShouldBe(["tensorrt_llm"]);
            (await engine.InfoAsync(Stop)).Version.ShouldBe("2.71.0");
            var probe = await engine.ProbeAsync(Stop);
            probe.Outcome.ShouldBe(ProbeOutcome.Token, probe.Detail);
        }
    }

    [Fact]
    public async Task HTTP_400_is_not_ready_and_503_with_its_error_is_exiting()
    {
        var notReady = await Serve(HttpTriton(ready: false));
        var answer = (HealthAnswer.Triton)await Open(Endpoint(EngineProtocol.Triton, http: notReady.HttpPort, model: "tensorrt_llm")).AskHealthAsync(Stop);
        (answer.ServerReady, answer.ModelReady).ShouldBe((false, true));

        var exiting = await Serve(TestServer.StartAsync(app => app.MapGet("/v2/health/ready", () => Results.Json(new { error = "Server exiting" }, statusCode: 503))));
        StateOf(await Open(Endpoint(EngineProtocol.Triton, http: exiting.HttpPort)).AskHealthAsync(Stop)).ShouldBe(EngineState.Draining);
    }

    [Fact]
    public async Task Both_ports_closed_is_refused()
    {
        var port = ClosedPort.Find();
        (await Open(Endpoint(EngineProtocol.Triton, port, port, "m")).AskHealthAsync(Stop)).ShouldBe(new HealthAnswer.Refused());
    }

    [Fact]
    public void An_endpoint_without_a_port_is_refused() =>
        Should.Throw<ArgumentException>(() => Open(Endpoint(EngineProtocol.Triton))).Message.ShouldBe("fleet/pod: protocol Triton needs GrpcPort or HttpPort.");

    private async Task<IEngine> GrpcOnly() => Open(Endpoint(EngineProtocol.Triton, grpc: (await GrpcServer()).GrpcPort, model: "tensorrt_llm"));

    private Task<TestServer> GrpcServer() => Serve(TestServer.StartAsync(app => app.MapGrpcService<FakeTriton>(), services => services.AddSingleton(_triton)));

    private static Task<TestServer> HttpTriton(bool ready) => TestServer.StartAsync(app =>
    {
        app.MapGet("/v2/health/ready", () => ready ? Results.Ok() : Results.BadRequest());
        app.MapGet("/v2/models/tensorrt_llm/ready", () => Results.Ok());
        app.MapGet("/v2/models/tensorrt_llm", () => Results.Json(new { name = "tensorrt_llm", inputs = new[] { new { name = "text_input" }, new { name = "sampling_param_max_tokens" } } }));
        app.MapPost("/v2/models/tensorrt_llm/generate", (GenerateBody body) => body.sampling_param_max_tokens == 1 ? Results.Json(new { text_output = " 2" }) : Results.BadRequest());
        app.MapPost("/v2/repository/index", () => Results.Json(new[] { new { name = "tensorrt_llm", version = "1", state = "READY", reason = "" } }));
        app.MapGet("/v2", () => Results.Json(new { name = "triton", version = "2.71.0" }));
    });

#pragma warning disable IDE1006 // The wire's names.
    private sealed record GenerateBody(string text_input, int sampling_param_max_tokens);
#pragma warning restore IDE1006
}
