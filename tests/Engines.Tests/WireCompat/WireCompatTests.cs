using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Nemotron.Engines.Clients;
using Nemotron.Engines.Health;
using Nemotron.Engines.Protos.OpenEngine;
using Nemotron.Engines.Protos.Triton;
using Nemotron.Engines.Protos.TrtLlm;
using Nemotron.Engines.Tests.Clients;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace Nemotron.Engines.Tests.WireCompat;

/// <summary>
/// Our protos and generated code against grpc-js with protos written apart from ours: every method of every service, every field of
/// every message set, in both directions. A wrong number, type, name or path shows.
/// </summary>
public class WireCompatTests
{
    // Proto field names, and nothing that was not sent.
    private static readonly JsonFormatter Json = new(JsonFormatter.Settings.Default.WithPreserveProtoFieldNames(true));

    private static readonly (ServiceDescriptor Service, Type Client)[] Services =
    [
        (GRPCInferenceService.Descriptor, typeof(GRPCInferenceService.GRPCInferenceServiceClient)),
        (Protos.Health.Health.Descriptor, typeof(Protos.Health.Health.HealthClient)),
        (TrtllmService.Descriptor, typeof(TrtllmService.TrtllmServiceClient)),
        (Control.Descriptor, typeof(Control.ControlClient)),
    ];

    public static TheoryData<int> Variants => [.. Enumerable.Range(0, FilledMessages.Variants)];

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task Our_clients_and_a_node_server_understand_each_other(int variant)
    {
        var (requests, replies) = Filled(variant);
        await using var node = await NodePeer.ServeAsync(Document(replies));
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{node.Port}");
        foreach (var (service, clientType) in Services)
        {
            var client = Activator.CreateInstance(clientType, channel)!;
            foreach (var method in service.Methods)
            {
                var path = PathOf(method);
                (await Call(client, method, requests[path])).ShouldBe(replies[path], path);
                var got = await node.NextAsync();
                got["path"]!.GetValue<string>().ShouldBe(path);
                ShouldBeSame(got["value"], requests[path], path);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task A_node_client_and_our_server_bases_understand_each_other(int variant)
    {
        var (requests, replies) = Filled(variant);
        var exchange = new Exchange(replies);
        await using var server = await TestServer.StartAsync(app =>
        {
            app.MapGrpcService<EchoTriton>();
            app.MapGrpcService<EchoHealth>();
            app.MapGrpcService<EchoTrtLlm>();
            app.MapGrpcService<EchoControl>();
        }, services => services.AddSingleton(exchange));

        var answers = await NodePeer.CallAsync(server.GrpcPort, Document(requests));
        answers.Select(a => a.Path).ShouldBe(requests.Keys);
        foreach (var (path, value) in answers)
        {
            exchange.Got[path].ShouldBe(requests[path], path);
            ShouldBeSame(value, replies[path], path);
        }
    }

    [Fact]
    public async Task The_engines_of_this_room_talk_to_a_node_server()
    {
        await using var node = await NodePeer.ServeAsync("""
            {
              "/inference.GRPCInferenceService/ServerReady": { "ready": false },
              "/inference.GRPCInferenceService/ModelReady": { "ready": true },
              "/inference.GRPCInferenceService/RepositoryIndex": { "models": [{ "name": "m", "version": "1", "state": "READY" }, { "name": "other", "version": "1", "state": "LOADING" }] },
              "/inference.GRPCInferenceService/ServerMetadata": { "name": "triton", "version": "2.71.0" },
              "/inference.GRPCInferenceService/ModelConfig": { "config": { "name": "m", "input": [{ "name": "text_input", "data_type": "TYPE_STRING" }, { "name": "sampling_param_max_tokens", "data_type": "TYPE_INT32" }] } },
              "/inference.GRPCInferenceService/ModelStreamInfer": { "infer_response": { "model_name": "m", "outputs": [{ "name": "text_output", "datatype": "BYTES", "shape": ["1"] }] } },
              "/trtllm.TrtllmService/HealthCheck": { "status": "Executor is unhealthy" },
              "/trtllm.TrtllmService/Generate": { "request_id": "x", "chunk": { "token_ids": [7] } },
              "/openengine.v1.Control/Health": { "state": "HEALTH_STATE_DRAINING" },
              "/openengine.v1.Control/GetLoad": { "running_requests": 3, "used_kv_blocks": "10", "total_kv_blocks": "40" }
            }
            """);
        using var clients = new EngineClients(TimeProvider.System);
        var stop = TestContext.Current.CancellationToken;

        using var triton = Open(EngineProtocol.Triton);
        ((HealthAnswer.Triton)await triton.AskHealthAsync(stop)).Index!.ShouldContain(new RepositoryModel("other", "1", "LOADING", ""));
        (await triton.InfoAsync(stop)).Version.ShouldBe("2.71.0");
        (await triton.ProbeAsync(stop)).Outcome.ShouldBe(ProbeOutcome.Token);
        using var trtllm = Open(EngineProtocol.TrtLlmGrpc);
        (await trtllm.AskHealthAsync(stop)).ShouldBe(new HealthAnswer.TrtLlmStatus("Executor is unhealthy"));
        (await trtllm.ProbeAsync(stop)).Outcome.ShouldBe(ProbeOutcome.Token);
        using var open = Open(EngineProtocol.OpenEngine);
        (await open.AskHealthAsync(stop)).ShouldBe(new HealthAnswer.OpenEngine(HealthState.Draining, ""));
        (await open.LoadAsync(stop)).KvUsedFraction.Value.ShouldBe(0.25);
        // grpc-js says UNIMPLEMENTED for what it was given no reply for.
        (await Should.ThrowAsync<EngineCallException>(() => trtllm.InfoAsync(stop))).Answer.ShouldBeOfType<HealthAnswer.GrpcFailure>().Code.ShouldBe(StatusCode.Unimplemented);

        IEngine Open(EngineProtocol protocol) => clients.Open(new EngineEndpoint { Key = "k", Protocol = protocol, Host = "127.0.0.1", GrpcPort = node.Port, Model = "m" });
    }

    private static (Dictionary<string, IMessage> Requests, Dictionary<string, IMessage> Replies) Filled(int variant)
    {
        var messages = new FilledMessages(variant);
        var methods = Services.SelectMany(s => s.Service.Methods).ToList();
        return (methods.ToDictionary(PathOf, m => messages.Fill(m.InputType)), methods.ToDictionary(PathOf, m => messages.Fill(m.OutputType)));
    }

    private static string PathOf(MethodDescriptor method) => $"/{method.Service.FullName}/{method.Name}";

    private static string Document(Dictionary<string, IMessage> messages) => $"{{{string.Join(",\n", messages.Select(m => $"\"{m.Key}\": {Json.Format(m.Value)}"))}}}";

    private static void ShouldBeSame(JsonNode? theirs, IMessage ours, string path)
    {
        var expected = JsonNode.Parse(Json.Format(ours));
        JsonNode.DeepEquals(theirs, expected).ShouldBeTrue($"{path}\n  theirs: {theirs?.ToJsonString()}\n  ours:   {expected!.ToJsonString()}");
    }

    private static async Task<object> Call(object client, MethodDescriptor method, IMessage request)
    {
        var options = new CallOptions(cancellationToken: TestContext.Current.CancellationToken);
        if (method.IsClientStreaming)
        {
            using var stream = ((GRPCInferenceService.GRPCInferenceServiceClient)client).ModelStreamInfer(options);
            await stream.RequestStream.WriteAsync((ModelInferRequest)request);
            await stream.RequestStream.CompleteAsync();
            return await stream.ResponseStream.ReadAllAsync().SingleAsync();
        }

        if (method.IsServerStreaming)
        {
            using var stream = ((TrtllmService.TrtllmServiceClient)client).Generate((GenerateRequest)request, options);
            return await stream.ResponseStream.ReadAllAsync().SingleAsync();
        }

        dynamic call = client.GetType().GetMethod($"{method.Name}Async", [method.InputType.ClrType, typeof(CallOptions)])!.Invoke(client, [request, options])!;
        return await call.ResponseAsync;
    }
}
