using Grpc.Core;
using Nemotron.Engines.Protos.Triton;

namespace Nemotron.Lab.Engines;

/// <summary><c>inference.GRPCInferenceService</c> of whichever Triton the call came in to.</summary>
internal sealed class TritonGrpcService : GRPCInferenceService.GRPCInferenceServiceBase
{
    private const string FinalResponse = "triton_final_response";
    private const string EmptyFinalResponse = "triton_enable_empty_final_response";

    public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) => Task.FromResult(new ServerLiveResponse { Live = Server(context).Live });

    public override Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) => Task.FromResult(new ServerReadyResponse { Ready = Server(context).Ready });

    public override Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context) =>
        Task.FromResult(new ModelReadyResponse { Ready = Server(context).Ready && Server(context).Find(request.Name) is not null });

    public override Task<ServerMetadataResponse> ServerMetadata(ServerMetadataRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerMetadataResponse { Name = "triton", Version = Server(context).Engine.Settings.VersionText });

    public override Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request, ServerCallContext context)
    {
        var model = Known(context, request.Name);
        var answer = new ModelMetadataResponse { Name = model.Name, Platform = model.Platform, Versions = { TritonModel.Version } };
        answer.Inputs.AddRange(model.Inputs.Select(Tensor));
        answer.Outputs.AddRange(model.Outputs.Select(Tensor));
        return Task.FromResult(answer);

        static ModelMetadataResponse.Types.TensorMetadata Tensor(TritonTensor tensor) => new() { Name = tensor.Name, Datatype = tensor.Datatype, Shape = { tensor.Length } };
    }

    public override Task<ModelConfigResponse> ModelConfig(ModelConfigRequest request, ServerCallContext context)
    {
        var model = Known(context, request.Name);
        // Shapes carry no batch dimension here, as with the llmapi model that the operator starts.
        var config = new ModelConfig { Name = model.Name, Platform = model.Platform, ModelTransactionPolicy = new() { Decoupled = Server(context).Engine.Settings.Decoupled } };
        config.Input.AddRange(model.Inputs.Select(tensor => new ModelInput { Name = tensor.Name, DataType = TypeOf(tensor), Dims = { tensor.Length }, Optional = tensor.Name != "text_input" }));
        config.Output.AddRange(model.Outputs.Select(tensor => new ModelOutput { Name = tensor.Name, DataType = TypeOf(tensor), Dims = { tensor.Length } }));
        return Task.FromResult(new ModelConfigResponse { Config = config });

        static DataType TypeOf(TritonTensor tensor) => Enum.Parse<DataType>($"Type{tensor.Type}", ignoreCase: true);
    }

    public override Task<ModelStatisticsResponse> ModelStatistics(ModelStatisticsRequest request, ServerCallContext context)
    {
        var server = Server(context);
        var answer = new ModelStatisticsResponse();
        foreach (var model in request.Name.Length == 0 ? server.Models : [Known(context, request.Name)]) answer.ModelStats.Add(Statistics(server.Engine, model));
        return Task.FromResult(answer);
    }

    public override Task<RepositoryIndexResponse> RepositoryIndex(RepositoryIndexRequest request, ServerCallContext context)
    {
        var answer = new RepositoryIndexResponse();
        answer.Models.AddRange(Server(context).Models.Select(model => new RepositoryIndexResponse.Types.ModelIndex { Name = model.Name, Version = TritonModel.Version, State = "READY" }));
        return Task.FromResult(answer);
    }

    public override Task<RepositoryModelLoadResponse> RepositoryModelLoad(RepositoryModelLoadRequest request, ServerCallContext context) => throw NoControl();

    public override Task<RepositoryModelUnloadResponse> RepositoryModelUnload(RepositoryModelUnloadRequest request, ServerCallContext context) => throw NoControl();

    public override async Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context)
    {
        var server = Server(context);
        if (server.Engine.Settings.Decoupled && server.Find(request.ModelName) is not null)
            throw new RpcException(new Status(StatusCode.Unimplemented, $"ModelInfer RPC doesn't support models with decoupled transaction policy"));
        try
        {
            using var entered = server.GrpcRequests.Enter();
            var inputs = TritonInputs.Of(request);
            if (server.Begin(request.ModelName, request.ModelVersion, inputs, request.Id, Told(context), overGrpc: true) is not { } running) return Response(request, [], null);
            await FinishAsync(server, running, context.CancellationToken);
            return Response(request, TritonOutputs.Of(running, inputs, server.Engine, 0, running.Choices[0].Script.Length), null);
        }
        catch (RequestRefusedException refused)
        {
            server.Engine.Counters.CountError(refused.Status);
            throw new RpcException(new Status(StatusOf(refused.Status), refused.Message));
        }
    }

    public override async Task ModelStreamInfer(IAsyncStreamReader<ModelInferRequest> requestStream, IServerStreamWriter<ModelStreamInferResponse> responseStream, ServerCallContext context)
    {
        var server = Server(context);
        using var writing = new SemaphoreSlim(1);
        var answering = new List<Task>();
        // Cancelling the call cancels every request on it.
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken)) answering.Add(AnswerAsync(request));
        await Task.WhenAll(answering);

        async Task AnswerAsync(ModelInferRequest request)
        {
            using var entered = server.GrpcRequests.Enter();
            try
            {
                await StreamAsync(server, request, Told(context), SendAsync, context.CancellationToken);
            }
            catch (RequestRefusedException refused)
            {
                server.Engine.Counters.CountError(refused.Status);
                await SendAsync(new() { ErrorMessage = refused.Message, InferResponse = Response(request, [], null) });
            }
        }

        async Task SendAsync(ModelStreamInferResponse response)
        {
            await writing.WaitAsync(context.CancellationToken);
            try
            {
                await responseStream.WriteAsync(response, context.CancellationToken);
            }
            finally
            {
                writing.Release();
            }
        }
    }

    private static async Task StreamAsync(TritonServer server, ModelInferRequest request, int? told, Func<ModelStreamInferResponse, Task> send, CancellationToken cancel)
    {
        var inputs = TritonInputs.Of(request);
        var wantsEmptyEnd = request.Parameters.TryGetValue(EmptyFinalResponse, out var asked) && asked.BoolParam;
        if (server.Begin(request.ModelName, request.ModelVersion, inputs, request.Id, told, overGrpc: true) is not { } running)
        {
            await send(new() { InferResponse = Response(request, [], true) });
            return;
        }

        var choice = running.Choices[0];
        try
        {
            if (choice.Streams)
            {
                var sent = 0;
                await foreach (var total in choice.ReadAsync(cancel))
                {
                    if (total <= sent) continue;
                    await send(new() { InferResponse = Response(request, TritonOutputs.Of(running, inputs, server.Engine, sent, total), total == choice.Script.Length && !wantsEmptyEnd) });
                    sent = total;
                }
            }
            else
            {
                await FinishAsync(server, running, cancel);
                await send(new() { InferResponse = Response(request, TritonOutputs.Of(running, inputs, server.Engine, 0, choice.Script.Length), !wantsEmptyEnd) });
            }
        }
        catch (OperationCanceledException)
        {
            server.Engine.Replica.Abort(running);
            throw;
        }

        if (await running.EndAsync() == EngineEnd.Failed) throw TritonServer.BrokenStub();
        if (wantsEmptyEnd) await send(new() { InferResponse = Response(request, [], true) });
    }

    private static async Task FinishAsync(TritonServer server, EngineRequest running, CancellationToken cancel)
    {
        try
        {
            if (await running.EndAsync().WaitAsync(cancel) == EngineEnd.Failed) throw TritonServer.BrokenStub();
        }
        catch (OperationCanceledException)
        {
            server.Engine.Replica.Abort(running);
            throw;
        }
    }

    private static ModelInferResponse Response(ModelInferRequest request, IReadOnlyList<TritonOutput> outputs, bool? final)
    {
        var response = new ModelInferResponse { ModelName = request.ModelName, ModelVersion = TritonModel.Version, Id = request.Id };
        if (final is { } last) response.Parameters[FinalResponse] = new InferParameter { BoolParam = last };
        foreach (var output in outputs)
        {
            response.Outputs.Add(new ModelInferResponse.Types.InferOutputTensor { Name = output.Name, Datatype = output.Datatype, Shape = { 1 } });
            response.RawOutputContents.Add(output.Raw);
        }

        return response;
    }

    private static ModelStatistics Statistics(SimulatedEngine engine, TritonModel model) => engine.Counters.Read(counters =>
    {
        var done = (ulong)counters.Finished.Values.Sum();
        return new ModelStatistics
        {
            Name = model.Name,
            Version = TritonModel.Version,
            LastInference = (ulong)(counters.LastDone?.ToUnixTimeMilliseconds() ?? 0),
            InferenceCount = done,
            ExecutionCount = done,
            InferenceStats = new()
            {
                Success = Duration(done, counters.EndToEnd.Sum),
                Fail = Duration((ulong)counters.Errors.Values.Sum(), 0),
                Queue = Duration(done, done * TritonMetrics.QueueSeconds),
                ComputeInput = Duration(done, done * TritonMetrics.InputSeconds),
                ComputeInfer = Duration(done, counters.EndToEnd.Sum),
                ComputeOutput = Duration(done, done * TritonMetrics.OutputSeconds),
            },
        };

        static StatisticDuration Duration(ulong count, double seconds) => new() { Count = count, Ns = (ulong)(seconds * 1e9) };
    });

    private static TritonServer Server(ServerCallContext context) => GrpcPort.ServerOf<TritonServer>(context.GetHttpContext());

    private static TritonModel Known(ServerCallContext context, string name) => Server(context).Find(name)
        ?? throw new RpcException(new Status(StatusCode.NotFound, $"Request for unknown model: '{name}' is not found"));

    private static RpcException NoControl() => new(new Status(StatusCode.Unavailable, "explicit model load / unload is not allowed if polling is enabled"));

    private static int? Told(ServerCallContext context) => OpenAiRequest.Told(context.RequestHeaders.GetValue(Asked.LengthHeader));

    private static StatusCode StatusOf(int status) => status switch
    {
        400 => StatusCode.InvalidArgument,
        404 => StatusCode.NotFound,
        503 => StatusCode.Unavailable,
        _ => StatusCode.Internal,
    };
}
