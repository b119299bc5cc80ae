using Grpc.Core;
using Grpc.Net.Client;
using Nemotron.Engines.Protos.Health;
using Nemotron.Engines.Protos.TrtLlm;
using static Nemotron.Lab.Engines.Tests.EngineLab;

namespace Nemotron.Lab.Engines.Tests;

/// <summary>trtllm-serve's own gRPC: token ids, and nothing else.</summary>
public class TrtLlmGrpcTests
{
    [Fact]
    public async Task It_takes_the_place_of_http_and_has_no_health_service_of_the_usual_kind()
    {
        await using var lab = await StartGrpcAsync();
        using var channel = GrpcChannel.ForAddress(lab.Url("grpc", "/", 50051));
        var client = new TrtllmService.TrtllmServiceClient(channel);
        (await client.HealthCheckAsync(new(), cancellationToken: Cancel)).Status.ShouldBe("OK");
        var info = await client.GetModelInfoAsync(new(), cancellationToken: Cancel);
        info.ShouldSatisfyAllConditions(
            () => info.ModelId.ShouldBe("nvidia/Llama-3.1-Nemotron-Nano-8B-v1"), () => info.MaxSeqLen.ShouldBe(32768), () => info.VocabSize.ShouldBe(128256), () => info.NumLayers.ShouldBe(0));
        (await client.GetServerInfoAsync(new(), cancellationToken: Cancel)).Backend.ShouldBe("tensorrt-llm");
        (await Should.ThrowAsync<RpcException>(async () => await new Health.HealthClient(channel).CheckAsync(new(), cancellationToken: Cancel))).StatusCode.ShouldBe(StatusCode.Unimplemented);

        lab.Cluster.SetFault("default", "grpc", "rank-crash");
        var engine = lab.Engine("grpc");
        await Waiting.UntilAsync(() => engine.Health == EngineHealth.Broken);
        (await client.HealthCheckAsync(new(), cancellationToken: Cancel)).Status.ShouldBe("Executor is unhealthy");
    }

    [Fact]
    public async Task Token_ids_stream_and_come_whole_at_the_end()
    {
        await using var lab = await StartGrpcAsync();
        using var channel = GrpcChannel.ForAddress(lab.Url("grpc", "/", 50051));
        var client = new TrtllmService.TrtllmServiceClient(channel);
        var request = new GenerateRequest { RequestId = "1", Tokenized = new() { InputTokenIds = { 1, 2, 3 }, OriginalText = "hi" }, MaxTokens = 20, Streaming = true };
        using var call = client.Generate(request, new Metadata { { Asked.LengthHeader, "50" } }, cancellationToken: Cancel);
        var streamed = new List<uint>();
        GenerateComplete? complete = null;
        await foreach (var response in call.ResponseStream.ReadAllAsync(Cancel))
        {
            if (response.Chunk is { } chunk) streamed.AddRange(chunk.TokenIds);
            complete = response.Complete ?? complete;
        }

        streamed.Count.ShouldBe(20);
        complete!.OutputTokenIds.ShouldBe(streamed);
        complete.FinishReason.ShouldBe("length");
        complete.PromptTokens.ShouldBe(3u);

        (await Should.ThrowAsync<RpcException>(async () => await client.Generate(new() { RequestId = "2", MaxTokens = 1 }, cancellationToken: Cancel).ResponseStream.MoveNext(Cancel)))
            .StatusCode.ShouldBe(StatusCode.InvalidArgument);
        (await client.AbortAsync(new() { RequestId = "none" }, cancellationToken: Cancel)).Success.ShouldBeFalse();
    }

    private static async Task<EngineLab> StartGrpcAsync()
    {
        var lab = await StartAsync();
        await lab.CreateReadyAsync(TrtLlm("grpc", more: ["--grpc", "--port", "50051"], container: """{ "readinessProbe": { "tcpSocket": { "port": 50051 }, "periodSeconds": 2 } }"""));
        return lab;
    }
}
