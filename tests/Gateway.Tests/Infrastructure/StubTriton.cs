using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Nemotron.Engines.Protos.Triton;
using Nemotron.Planning;

namespace Nemotron.Gateway.Tests.Infrastructure;

/// <summary>A simulated Triton with the llmapi model: no model, scripted tokens over ModelStreamInfer. It records what it was asked.</summary>
internal sealed class StubTriton : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _cancelled;

    private StubTriton()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(this);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        _app = builder.Build();
        _app.MapGrpcService<Service>();
        _app.MapGet("/v2/health/ready", () => "");
        _app.MapGet("/v2/models/tensorrt_llm", () => Results.Content("""{"name":"tensorrt_llm"}""", "application/json"));
        _app.MapPost("/v2/models/tensorrt_llm/generate", () => Results.Content("""{"text_output":"past"}""", "application/json"));
    }

    public string Http { get; private set; } = "";

    public string Grpc { get; private set; } = "";

    public ConcurrentQueue<ModelInferRequest> Seen { get; } = new();

    public ConcurrentQueue<Metadata> Headers { get; } = new();

    /// <summary>The tokens it says, for each call in turn; the last for all that follow.</summary>
    public string[][] Calls { get; set; } = [["Hello", " there", "!"]];

    /// <summary>Waited for before each token; null: all at once.</summary>
    public SemaphoreSlim? Gate { get; set; }

    /// <summary>Said in place of the token at <see cref="ErrorAt"/>.</summary>
    public string? Error { get; set; }

    public int ErrorAt { get; set; }

    /// <summary>Fails the call in place of an answer.</summary>
    public StatusCode? Fails { get; set; }

    public int Cancelled => Volatile.Read(ref _cancelled);

    public ModelInferRequest Last => Seen.Last();

    public GatewayTriton Triton(ChatTemplate template) => new() { Grpc = Grpc, ServedName = "served", ChatTemplate = template, MaxTokens = 4096 };

    public static async Task<StubTriton> StartAsync()
    {
        var stub = new StubTriton();
        await stub._app.StartAsync();
        var addresses = stub._app.Services.GetRequiredService<Microsoft.AspNetCore.Hosting.Server.IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToArray();
        (stub.Http, stub.Grpc) = (addresses[0], addresses[1]);
        return stub;
    }

    /// <summary>A text input of the last request.</summary>
    public string? Text(string name)
    {
        var at = Last.Inputs.ToList().FindIndex(input => input.Name == name);
        return at < 0 ? null : Encoding.UTF8.GetString(Last.RawInputContents[at].Span[4..]);
    }

    /// <summary>The bytes of an input of the last request; null where it has none.</summary>
    public byte[]? Raw(string name)
    {
        var at = Last.Inputs.ToList().FindIndex(input => input.Name == name);
        return at < 0 ? null : Last.RawInputContents[at].ToByteArray();
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private sealed class Service(StubTriton stub) : GRPCInferenceService.GRPCInferenceServiceBase
    {
        public override async Task ModelStreamInfer(IAsyncStreamReader<ModelInferRequest> requestStream, IServerStreamWriter<ModelStreamInferResponse> responseStream, ServerCallContext context)
        {
            try
            {
                await requestStream.MoveNext(context.CancellationToken);
                var request = requestStream.Current;
                var call = stub.Seen.Count;
                stub.Seen.Enqueue(request);
                stub.Headers.Enqueue(context.RequestHeaders);
                if (stub.Fails is { } status) throw new RpcException(new Status(status, "as the test asked"));
                var tokens = stub.Calls[Math.Min(call, stub.Calls.Length - 1)];
                var most = Most(request);
                for (var i = 0; i < Math.Min(tokens.Length, most); i++)
                {
                    if (stub.Gate is { } gate) await gate.WaitAsync(context.CancellationToken);
                    if (stub.Error is { } error && i == stub.ErrorAt)
                    {
                        await responseStream.WriteAsync(new ModelStreamInferResponse { ErrorMessage = error, InferResponse = new ModelInferResponse() });
                        return;
                    }

                    var isLast = i == Math.Min(tokens.Length, most) - 1;
                    var response = new ModelInferResponse { ModelName = request.ModelName, Id = request.Id };
                    response.Outputs.Add(new ModelInferResponse.Types.InferOutputTensor { Name = "text_output", Datatype = "BYTES", Shape = { 1 } });
                    // The model gives all of the text so far with each token.
                    response.RawOutputContents.Add(Framed(string.Concat(tokens[..(i + 1)])));
                    response.Outputs.Add(new ModelInferResponse.Types.InferOutputTensor { Name = "finish_reason", Datatype = "BYTES", Shape = { 1 } });
                    response.RawOutputContents.Add(Framed(!isLast ? "None" : tokens.Length > most ? "length" : "stop"));
                    await responseStream.WriteAsync(new ModelStreamInferResponse { InferResponse = response }, context.CancellationToken);
                }
            }
            catch (Exception) when (context.CancellationToken.IsCancellationRequested)
            {
                Interlocked.Increment(ref stub._cancelled);
            }
        }

        private static int Most(ModelInferRequest request)
        {
            var at = request.Inputs.ToList().FindIndex(input => input.Name == "sampling_param_max_tokens");
            return BinaryPrimitives.ReadInt32LittleEndian(request.RawInputContents[at].Span);
        }

        private static ByteString Framed(string text)
        {
            var content = Encoding.UTF8.GetBytes(text);
            var framed = new byte[content.Length + 4];
            BinaryPrimitives.WriteInt32LittleEndian(framed, content.Length);
            content.CopyTo(framed, 4);
            return ByteString.CopyFrom(framed);
        }
    }
}
