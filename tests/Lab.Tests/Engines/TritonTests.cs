using System.Net;
using System.Text.Json.Nodes;
using Grpc.Core;
using Grpc.Net.Client;
using Nemotron.Engines.Protos.Health;
using Nemotron.Engines.Protos.Triton;
using Nemotron.Lab.Controllers;
using static Nemotron.Lab.Engines.Tests.EngineLab;

namespace Nemotron.Lab.Engines.Tests;

/// <summary>Triton over HTTP and gRPC, as KServe's protocol and Triton's own extensions have it.</summary>
public class TritonTests
{
    private const string Prompt = "<|start_header_id|>system<|end_header_id|>\n\ndetailed thinking on<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>";

    [Fact]
    public async Task Http_and_grpc_tell_of_server_and_model()
    {
        await using var lab = await StartTritonAsync();
        foreach (var path in new[] { "/v2/health/live", "/v2/health/ready", "/v2/models/tensorrt_llm/ready", "/v2/models/tensorrt_llm/versions/1/ready" })
        {
            (await lab.Http.GetAsync(lab.Url("triton", path), Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK, path);
        }

        (await lab.Http.GetAsync(lab.Url("triton", "/v2/models/other/ready"), Cancel)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await lab.Http.GetAsync(lab.Url("triton", "/v2/models/other"), Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await lab.Http.GetStringAsync(lab.Url("triton", "/v2"), Cancel)).ShouldStartWith("""{"name":"triton","version":"26.7.0","extensions":[""");
        (await lab.Http.GetStringAsync(lab.Url("triton", "/v2/models/tensorrt_llm"), Cancel)).ShouldContain("""{"name":"text_input","datatype":"BYTES","shape":[-1]}""");
        (await lab.PostRawAsync("triton", "/v2/repository/index", "{}")).ShouldBe("""[{"name":"tensorrt_llm","version":"1","state":"READY","reason":""}]""");
        (await lab.Http.GetStringAsync(lab.Url("triton", "/metrics", 8002), Cancel)).ShouldContain("nv_inference_request_success{model=\"tensorrt_llm\",version=\"1\"} 0\n");

        using var channel = Channel(lab);
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(channel);
        (await client.ServerLiveAsync(new(), cancellationToken: Cancel)).Live.ShouldBeTrue();
        (await client.ServerReadyAsync(new(), cancellationToken: Cancel)).Ready.ShouldBeTrue();
        (await client.ModelReadyAsync(new() { Name = "tensorrt_llm" }, cancellationToken: Cancel)).Ready.ShouldBeTrue();
        (await client.ModelMetadataAsync(new() { Name = "tensorrt_llm" }, cancellationToken: Cancel)).Inputs.Select(input => input.Name).ShouldContain("sampling_param_max_tokens");
        (await client.RepositoryIndexAsync(new(), cancellationToken: Cancel)).Models.Single().State.ShouldBe("READY");
        (await new Health.HealthClient(channel).CheckAsync(new() { Service = "whatever" }, cancellationToken: Cancel)).Status.ShouldBe(HealthCheckResponse.Types.ServingStatus.Serving);
        (await Should.ThrowAsync<RpcException>(async () => await client.RepositoryModelLoadAsync(new() { ModelName = "x" }, cancellationToken: Cancel))).StatusCode.ShouldBe(StatusCode.Unavailable);
        (await Should.ThrowAsync<RpcException>(async () => await new Nemotron.Engines.Protos.TrtLlm.TrtllmService.TrtllmServiceClient(channel).HealthCheckAsync(new(), cancellationToken: Cancel)))
            .StatusCode.ShouldBe(StatusCode.Unimplemented);
    }

    [Fact]
    public async Task Generate_answers_once_and_generate_stream_piece_by_piece()
    {
        await using var lab = await StartTritonAsync();
        var whole = (JsonObject)JsonNode.Parse(await lab.PostRawAsync("triton", "/v2/models/tensorrt_llm/generate", Body(streaming: false)))!;
        whole.Text("text_output")!.ShouldStartWith("<think>\n");
        whole.Text("finish_reason").ShouldBe("length");
        var pieces = (await lab.PostRawAsync("triton", "/v2/models/tensorrt_llm/generate_stream", Body(streaming: true))).Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonNode.Parse(line["data: ".Length..]).Text("text_output")!).ToList();
        // Each has all of the text so far.
        pieces.Count.ShouldBeGreaterThan(1);
        pieces.Zip(pieces.Skip(1)).ShouldAllBe(two => two.Second.StartsWith(two.First, StringComparison.Ordinal));
        pieces[^1].ShouldBe(whole.Text("text_output"));
        using var infer = await lab.Http.PostAsync(lab.Url("triton", "/v2/models/tensorrt_llm/infer"), new StringContent("{}"), Cancel);
        infer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await infer.Content.ReadAsStringAsync(Cancel)).ShouldContain("decoupled transaction policy");

        static string Body(bool streaming) => new JsonObject
        {
            ["text_input"] = Prompt,
            ["sampling_param_max_tokens"] = 40,
            ["return_finish_reason"] = true,
            ["streaming"] = streaming,
        }.ToJsonString();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stream_of_responses_over_grpc_says_which_is_the_last(bool emptyEnd)
    {
        await using var lab = await StartTritonAsync();
        using var channel = Channel(lab);
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(channel);
        using var call = client.ModelStreamInfer(cancellationToken: Cancel);
        await call.RequestStream.WriteAsync(Request("1", 12, streaming: true, emptyEnd), Cancel);
        await call.RequestStream.CompleteAsync();
        var responses = new List<ModelInferResponse>();
        await foreach (var response in call.ResponseStream.ReadAllAsync(Cancel))
        {
            response.ErrorMessage.ShouldBe("");
            responses.Add(response.InferResponse);
        }

        responses.ShouldAllBe(response => response.Id == "1");
        responses.Where(response => response.Parameters["triton_final_response"].BoolParam).ShouldBe([responses[^1]]);
        responses[^1].Outputs.Count.ShouldBe(emptyEnd ? 0 : 1);
        responses.Last(response => response.Outputs.Count > 0).RawOutputContents[0].ToStringUtf8()[4..].ShouldStartWith("<think>\n");
    }

    [Fact]
    public async Task Failures_come_within_the_stream_and_a_decoupled_model_refuses_plain_calls()
    {
        await using var lab = await StartTritonAsync();
        using var channel = Channel(lab);
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(channel);
        using var call = client.ModelStreamInfer(cancellationToken: Cancel);
        await call.RequestStream.WriteAsync(new() { ModelName = "other", Id = "x" }, Cancel);
        await call.RequestStream.WriteAsync(new() { ModelName = "tensorrt_llm", Id = "y" }, Cancel);
        await call.RequestStream.CompleteAsync();
        var messages = new List<string>();
        await foreach (var response in call.ResponseStream.ReadAllAsync(Cancel)) messages.Add(response.ErrorMessage);
        messages.Order().ShouldBe(["Request for unknown model: 'other' is not found", "input 'text_input' is missing"]);
        call.GetStatus().StatusCode.ShouldBe(StatusCode.OK);

        var refused = await Should.ThrowAsync<RpcException>(async () => await client.ModelInferAsync(Request("1", 5, false, false), cancellationToken: Cancel));
        refused.StatusCode.ShouldBe(StatusCode.Unimplemented);
        refused.Status.Detail.ShouldStartWith("ModelInfer RPC doesn't support models with decoupled ");
    }

    [Fact]
    public async Task Requests_are_cancelled_by_their_id_or_with_their_call()
    {
        await using var lab = await StartTritonAsync(clockSpeed: 1);
        var engine = lab.Engine("triton");
        using var channel = Channel(lab);
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(channel);
        using var call = client.ModelStreamInfer(cancellationToken: Cancel);
        await call.RequestStream.WriteAsync(Request("long", 30_000, streaming: true, emptyEnd: false), Cancel);
        await Waiting.UntilAsync(() => engine.Replica.Load.Running == 1);
        var stop = Request("long", 1, streaming: false, emptyEnd: false);
        stop.Inputs.Add(new ModelInferRequest.Types.InferInputTensor { Name = "stop", Datatype = "BOOL", Shape = { 1 }, Contents = new() { BoolContents = { true } } });
        await call.RequestStream.WriteAsync(stop, Cancel);
        await Waiting.UntilAsync(() => engine.Replica.Load.Running == 0);

        using var cut = new CancellationTokenSource();
        using var other = client.ModelStreamInfer(cancellationToken: cut.Token);
        await other.RequestStream.WriteAsync(Request("", 30_000, streaming: true, emptyEnd: false), Cancel);
        await Waiting.UntilAsync(() => engine.Replica.Load.Running == 1);
        await cut.CancelAsync();
        await Waiting.UntilAsync(() => engine.Replica.Load.Running == 0);
        engine.Counters.Aborted.ShouldBe(2);
    }

    [Theory]
    [InlineData("26.07", false)]
    [InlineData("26.02", true)]
    public async Task A_dead_stub_is_seen_by_newer_containers_only(string container, bool ready)
    {
        await using var lab = await StartTritonAsync(container);
        lab.Cluster.SetFault("default", "triton", "dead-stub");
        var engine = lab.Engine("triton");
        await Waiting.UntilAsync(() => engine.Health == EngineHealth.Broken);
        (await lab.Http.GetAsync(lab.Url("triton", "/v2/health/ready"), Cancel)).StatusCode.ShouldBe(ready ? HttpStatusCode.OK : HttpStatusCode.BadRequest);
        (await lab.Http.GetAsync(lab.Url("triton", "/v2/health/live"), Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var asked = await lab.Http.PostAsync(lab.Url("triton", "/v2/models/tensorrt_llm/generate"), new StringContent("""{ "text_input": "x" }"""), Cancel);
        asked.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        (await asked.Content.ReadAsStringAsync(Cancel)).ShouldContain("is not healthy");
    }

    [Fact]
    public async Task Sigterm_lets_requests_in_flight_end_within_its_time_limit()
    {
        await using var lab = await StartTritonAsync(clockSpeed: 20);
        var engine = lab.Engine("triton");
        using var channel = Channel(lab);
        using var call = new GRPCInferenceService.GRPCInferenceServiceClient(channel).ModelStreamInfer(cancellationToken: Cancel);
        await call.RequestStream.WriteAsync(Request("1", 400, streaming: true, emptyEnd: false), Cancel);
        await call.RequestStream.CompleteAsync();
        await Waiting.UntilAsync(() => engine.Replica.Load.Running == 1);

        lab.Cluster.Api.Delete(BuiltIn.Pods, "default", "triton");

        var tokens = 0;
        await foreach (var response in call.ResponseStream.ReadAllAsync(Cancel)) tokens += response.InferResponse.Outputs.Count;
        tokens.ShouldBeGreaterThan(0);
        engine.Counters.Done.ShouldBe(1);
        await lab.UntilAsync(BuiltIn.Pods, () => lab.Find("triton") is null, "gone");
    }

    private static async Task<EngineLab> StartTritonAsync(string container = "26.07", double clockSpeed = 20)
    {
        var lab = await StartAsync(clockSpeed: clockSpeed);
        lab.CreateConfig("engine", "model.yaml", """
            model: nvidia/Llama-3.1-Nemotron-Nano-8B-v1
            max_seq_len: 65536
            triton_config: { max_batch_size: 0, decoupled: true }
            """);
        var pod = Pod(
            "triton", $"nvcr.io/nvidia/tritonserver:{container}-trtllm-python-py3", ["tritonserver", "--model-repository=/app/all_models/llmapi", "--exit-timeout-secs=60"],
            more: """
            { "volumeMounts": [ { "name": "config", "mountPath": "/etc/nemotron" } ],
              "readinessProbe": { "httpGet": { "port": 8000, "path": "/v2/health/ready" }, "periodSeconds": 2, "failureThreshold": 1 } }
            """,
            env: ["LLM_CONFIG_PATH=/etc/nemotron/model.yaml"]);
        pod["spec"]!["volumes"] = JsonNode.Parse("""[ { "name": "config", "configMap": { "name": "engine" } } ]""");
        await lab.CreateReadyAsync(pod);
        return lab;
    }

    private static GrpcChannel Channel(EngineLab lab) => GrpcChannel.ForAddress(lab.Url("triton", "/", 8001));

    private static ModelInferRequest Request(string id, int tokens, bool streaming, bool emptyEnd)
    {
        var request = new ModelInferRequest { ModelName = "tensorrt_llm", Id = id };
        if (emptyEnd) request.Parameters["triton_enable_empty_final_response"] = new InferParameter { BoolParam = true };
        request.Inputs.Add(Tensor("text_input", "BYTES", new() { BytesContents = { Google.Protobuf.ByteString.CopyFromUtf8(Prompt) } }));
        request.Inputs.Add(Tensor("sampling_param_max_tokens", "INT32", new() { IntContents = { tokens } }));
        request.Inputs.Add(Tensor("streaming", "BOOL", new() { BoolContents = { streaming } }));
        return request;

        static ModelInferRequest.Types.InferInputTensor Tensor(string name, string type, InferTensorContents contents) => new() { Name = name, Datatype = type, Shape = { 1 }, Contents = contents };
    }
}
