using Grpc.Core;
using Nemotron.Engines.Protos.TrtLlm;

namespace Nemotron.Lab.Engines;

/// <summary><c>trtllm.TrtllmService</c> of whichever engine the call came in to: token ids in, token ids out.</summary>
internal sealed class TrtLlmGrpcService : TrtllmService.TrtllmServiceBase
{
    /// <summary>Always gRPC OK: the text is the answer.</summary>
    public override Task<HealthCheckResponse> HealthCheck(HealthCheckRequest request, ServerCallContext context) => Task.FromResult(new HealthCheckResponse
    {
        Status = Server(context).Engine.Health == EngineHealth.Sound ? "OK" : "Executor is unhealthy",
    });

    public override Task<GetModelInfoResponse> GetModelInfo(GetModelInfoRequest request, ServerCallContext context)
    {
        var engine = Server(context).Engine;
        // It fills these and leaves the rest at 0.
        return Task.FromResult(new GetModelInfoResponse
        {
            ModelId = engine.Settings.Model,
            MaxInputLen = engine.Sizing.MaxSequenceTokens,
            MaxSeqLen = engine.Sizing.MaxSequenceTokens,
            VocabSize = engine.Sizing.Model.Architecture.VocabularySize,
        });
    }

    public override Task<GetServerInfoResponse> GetServerInfo(GetServerInfoRequest request, ServerCallContext context)
    {
        var settings = Server(context).Engine.Settings;
        return Task.FromResult(new GetServerInfoResponse
        {
            Version = settings.VersionText,
            Backend = "tensorrt-llm",
            TensorParallelSize = settings.TensorParallel,
            PipelineParallelSize = settings.PipelineParallel,
            ContextParallelSize = 1,
            WorldSize = settings.Gpus,
        });
    }

    public override Task<AbortResponse> Abort(AbortRequest request, ServerCallContext context)
    {
        var server = Server(context);
        if (!server.ById.TryRemove(request.RequestId, out var running)) return Task.FromResult(new AbortResponse { Success = false, Message = $"Request {request.RequestId} not found" });
        server.Engine.Replica.Abort(running);
        return Task.FromResult(new AbortResponse { Success = true, Message = $"Aborted request {request.RequestId}" });
    }

    public override async Task Generate(GenerateRequest request, IServerStreamWriter<GenerateResponse> responseStream, ServerCallContext context)
    {
        var server = Server(context);
        if (server.Engine.Draining) throw new RpcException(new Status(StatusCode.Unavailable, "Server is shutting down"));
        var running = Begin(server, request, context);
        server.ById[request.RequestId] = running;
        using var writing = new SemaphoreSlim(1);
        try
        {
            await Task.WhenAll(running.Choices.Select((_, index) => AnswerAsync(running, index, request, WriteAsync, context.CancellationToken)));
        }
        catch (OperationCanceledException)
        {
            server.Engine.Replica.Abort(running);
            throw;
        }
        finally
        {
            server.ById.TryRemove(request.RequestId, out _);
        }

        async Task WriteAsync(GenerateResponse response)
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

    private static EngineRequest Begin(TrtLlmGrpcServer server, GenerateRequest request, ServerCallContext context)
    {
        if (request.Tokenized is not { InputTokenIds.Count: > 0 } input) throw new RpcException(new Status(StatusCode.InvalidArgument, "tokenized.input_token_ids is empty"));
        if (request.MaxTokens == 0) throw new RpcException(new Status(StatusCode.InvalidArgument, "max_tokens is required"));
        // Ids cannot be read here; the text beside them can, where a router sends it along.
        var prompt = RenderedPrompt.Read(input.OriginalText) with { Tokens = input.InputTokenIds.Count };
        try
        {
            return server.Engine.Begin(new()
            {
                Prompt = prompt,
                MaxTokens = (int)Math.Min(request.MaxTokens, int.MaxValue),
                Stops = request.Stop,
                Choices = (int)Math.Clamp(request.SamplingConfig?.NumReturnSequences ?? 1, 1, 128),
                IgnoreEnd = request.IgnoreEos,
                Seed = request.SamplingConfig is { HasSeed: true } sampling ? (long)sampling.Seed : null,
                OutputTokens = OpenAiRequest.Told(context.RequestHeaders.GetValue(Asked.LengthHeader)),
                Streams = request.Streaming,
            });
        }
        catch (RequestRefusedException refused)
        {
            throw new RpcException(new Status(refused.Status == 400 ? StatusCode.InvalidArgument : StatusCode.Unavailable, refused.Message));
        }
    }

    private static async Task AnswerAsync(EngineRequest running, int index, GenerateRequest request, Func<GenerateResponse, Task> write, CancellationToken cancel)
    {
        var choice = running.Choices[index];
        var script = choice.Script;
        if (choice.Streams)
        {
            var sent = 0;
            await foreach (var total in choice.ReadAsync(cancel))
            {
                if (total <= sent) continue;
                var chunk = new GenerateStreamChunk { SequenceIndex = (uint)index, PromptTokens = (uint)running.PromptTokens, CompletionTokens = (uint)total };
                chunk.TokenIds.AddRange(Ids(script, sent, total));
                await write(new() { RequestId = request.RequestId, Chunk = chunk });
                sent = total;
            }
        }

        switch (await choice.Ended.WaitAsync(cancel))
        {
            case EngineEnd.Failed: throw new RpcException(new Status(StatusCode.Internal, "the executor was shut down"));
            case EngineEnd.Aborted: throw new RpcException(new Status(StatusCode.Cancelled, $"Request {request.RequestId} was aborted"));
        }

        var complete = new GenerateComplete
        {
            SequenceIndex = (uint)index,
            FinishReason = script.Finish == FinishReason.Length ? "length" : "stop",
            PromptTokens = (uint)running.PromptTokens,
            CompletionTokens = (uint)script.Length,
        };
        if (script.Stop is { } stop) complete.MatchedStopStr = stop;
        complete.OutputTokenIds.AddRange(Ids(script, 0, script.Length));
        if (request.OutputConfig?.ReturnPerfMetrics == true && running.Finished is { } done)
        {
            complete.PerfMetrics = new()
            {
                ArrivalTime = done.Arrived.TotalSeconds,
                FirstScheduledTime = done.Scheduled.TotalSeconds,
                FirstTokenTime = done.FirstToken.TotalSeconds,
                LastTokenTime = done.LastToken.TotalSeconds,
            };
        }

        await write(new() { RequestId = request.RequestId, Complete = complete });
    }

    private static IEnumerable<uint> Ids(AnswerScript script, int from, int to)
    {
        for (var token = from; token < to; token++) yield return script.IdAt(token);
    }

    private static TrtLlmGrpcServer Server(ServerCallContext context) => GrpcPort.ServerOf<TrtLlmGrpcServer>(context.GetHttpContext());
}
