using System.Buffers.Binary;
using System.Text;
using Grpc.Core;
using Nemotron.Engines.Protos.Triton;

namespace Nemotron.Engines.Tests.Clients;

/// <summary>Triton's gRPC service with answers that a test sets.</summary>
internal sealed class FakeTriton : GRPCInferenceService.GRPCInferenceServiceBase
{
    public bool Ready { get; set; } = true;

    public Dictionary<string, (string State, string Reason)> Models { get; } = new() { ["tensorrt_llm"] = ("READY", "") };

    /// <summary>Thrown by every call while set.</summary>
    public RpcException? Failure { get; set; }

    /// <summary>Takes one request's answer instead of <see cref="ModelStreamInfer"/>'s usual token.</summary>
    public Func<ModelInferRequest, ServerCallContext, Task<ModelStreamInferResponse?>>? Infer { get; set; }

    public ModelConfig Config { get; set; } = LlmApi();

    public List<string> Calls { get; } = [];

    public ModelInferRequest? LastRequest { get; private set; }

    public Metadata? LastHeaders { get; private set; }

    public DateTime LastDeadline { get; private set; }

    /// <summary>The current model: sampling parameters by their long names, no batch dimension.</summary>
    public static ModelConfig LlmApi() => new()
    {
        Name = "tensorrt_llm", Backend = "python", MaxBatchSize = 0, ModelTransactionPolicy = new ModelTransactionPolicy { Decoupled = true },
        Input = { new ModelInput { Name = "text_input", DataType = DataType.TypeString, Dims = { -1 } }, new ModelInput { Name = "sampling_param_max_tokens", DataType = DataType.TypeInt32, Dims = { 1 }, Optional = true } },
    };

    /// <summary>The older ensemble: batched, max_tokens.</summary>
    public static ModelConfig Ensemble() => new()
    {
        Name = "ensemble", Platform = "ensemble", MaxBatchSize = 64,
        Input = { new ModelInput { Name = "text_input", DataType = DataType.TypeString, Dims = { 1 } }, new ModelInput { Name = "max_tokens", DataType = DataType.TypeInt32, Dims = { 1 } } },
    };

    public override Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) =>
        Answer(context, new ServerReadyResponse { Ready = Ready });

    public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) =>
        Answer(context, new ServerLiveResponse { Live = true });

    public override Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context) =>
        Models.TryGetValue(request.Name, out var model)
            ? Answer(context, new ModelReadyResponse { Ready = model.State == "READY" })
            : throw new RpcException(new Status(StatusCode.NotFound, $"Request for unknown model: '{request.Name}' is not found"));

    public override Task<ServerMetadataResponse> ServerMetadata(ServerMetadataRequest request, ServerCallContext context) =>
        Answer(context, new ServerMetadataResponse { Name = "triton", Version = "2.71.0", Extensions = { "statistics" } });

    public override Task<ModelConfigResponse> ModelConfig(ModelConfigRequest request, ServerCallContext context) =>
        Answer(context, new ModelConfigResponse { Config = Config });

    public override Task<ModelStatisticsResponse> ModelStatistics(ModelStatisticsRequest request, ServerCallContext context) =>
        Answer(context, new ModelStatisticsResponse
        {
            ModelStats = { new ModelStatistics { Name = "tensorrt_llm", Version = "1", InferenceStats = new InferStatistics { Success = new StatisticDuration { Count = 7, Ns = 70 }, Fail = new StatisticDuration { Count = 2 } } } },
        });

    public override Task<RepositoryIndexResponse> RepositoryIndex(RepositoryIndexRequest request, ServerCallContext context) =>
        Answer(context, new RepositoryIndexResponse
        {
            Models = { Models.Select(m => new RepositoryIndexResponse.Types.ModelIndex { Name = m.Key, Version = "1", State = m.Value.State, Reason = m.Value.Reason }) },
        });

    public override Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context) =>
        Config.ModelTransactionPolicy?.Decoupled == true
            ? throw new RpcException(new Status(StatusCode.Unimplemented, "ModelInfer RPC doesn't support models with decoupled transaction policy"))
            : Answer(context, Token(request).InferResponse);

    public override async Task ModelStreamInfer(IAsyncStreamReader<ModelInferRequest> requests, IServerStreamWriter<ModelStreamInferResponse> responses, ServerCallContext context)
    {
        await Answer(context, true);
        while (await requests.MoveNext(context.CancellationToken))
        {
            LastRequest = requests.Current;
            var answer = Infer is null ? Token(LastRequest) : await Infer(LastRequest, context);
            if (answer is not null) await responses.WriteAsync(answer);
        }
    }

    private static ModelStreamInferResponse Token(ModelInferRequest request)
    {
        var text = Encoding.UTF8.GetBytes(" 2");
        var raw = new byte[4 + text.Length];
        BinaryPrimitives.WriteInt32LittleEndian(raw, text.Length);
        text.CopyTo(raw, 4);
        return new ModelStreamInferResponse
        {
            InferResponse = new ModelInferResponse
            {
                ModelName = request.ModelName, Id = request.Id, Parameters = { ["triton_final_response"] = new InferParameter { BoolParam = true } },
                Outputs = { new ModelInferResponse.Types.InferOutputTensor { Name = "text_output", Datatype = "BYTES", Shape = { 1 } } },
                RawOutputContents = { Google.Protobuf.ByteString.CopyFrom(raw) },
            },
        };
    }

    private Task<T> Answer<T>(ServerCallContext context, T answer)
    {
        lock (Calls) Calls.Add(context.Method.Split('/')[^1]);
        LastHeaders = context.RequestHeaders;
        LastDeadline = context.Deadline;
        return Failure is { } failure ? throw failure : Task.FromResult(answer);
    }
}
