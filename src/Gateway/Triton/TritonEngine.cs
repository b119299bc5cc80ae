using System.Globalization;
using System.Security.Cryptography;
using Grpc.Core;
using Grpc.Net.Client;
using Nemotron.Engines.Protos.Triton;
using Nemotron.Gateway.Calling;
using Nemotron.Gateway.Forwarding;
using Nemotron.Gateway.Requests;
using Nemotron.Planning;

namespace Nemotron.Gateway.Triton;

/// <summary>Asks Triton, one stream for one request: cutting a stream cuts all that is on it.</summary>
/// <param name="clock">Tells when an answer began.</param>
internal sealed class TritonEngine(TimeProvider clock) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly DateTimeOffset _began = clock.GetUtcNow();
    private GrpcChannel? _channel;
    private string _address = "";

    /// <summary>Asks; ends when the answer has begun, or is whole where it is not to be streamed.</summary>
    /// <param name="triton">How it is asked.</param>
    /// <param name="client">The client's request, whose tracing headers go along.</param>
    /// <param name="request">What is asked.</param>
    /// <param name="cancellationToken">Cuts the call, and with it the engine's work, until the answer is disposed.</param>
    /// <exception cref="HttpRequestException">Triton is not there, or broke off.</exception>
    public async ValueTask<EngineAnswer> AskAsync(GatewayTriton triton, HttpRequest client, TritonRequest request, CancellationToken cancellationToken)
    {
        var id = $"{(request.Endpoint == ApiEndpoint.Chat ? "chatcmpl" : "cmpl")}-{RandomNumberGenerator.GetHexString(24, lowercase: true)}";
        request.Infer.Id = id;
        var call = new GRPCInferenceService.GRPCInferenceServiceClient(Channel(triton.Grpc)).ModelStreamInfer(Tracing(client), cancellationToken: cancellationToken);
        try
        {
            await call.RequestStream.WriteAsync(request.Infer, cancellationToken);
            await call.RequestStream.CompleteAsync();
            return await TritonAnswer.BeginAsync(call, request, new OpenAIChunks(request, id, clock.GetUtcNow()), cancellationToken);
        }
        catch (Exception error)
        {
            call.Dispose();
            if (error is RpcException failed) throw Failure(failed, cancellationToken);
            throw;
        }
    }

    /// <summary>The list of models in OpenAI's form, which Triton has none of; "created" is when this gateway began, as engines state their own beginning.</summary>
    public ReadOnlyMemory<byte> Models(GatewayTriton triton) => OpenAIChunks.Object(json =>
    {
        json.WriteString("object", "list");
        json.WriteStartArray("data");
        json.WriteStartObject();
        json.WriteString("id", triton.ServedName);
        json.WriteString("object", "model");
        json.WriteNumber("created", _began.ToUnixTimeSeconds());
        json.WriteString("owned_by", "triton");
        json.WriteEndObject();
        json.WriteEndArray();
    });

    /// <inheritdoc/>
    public void Dispose() => _channel?.Dispose();

    /// <summary>What a failed call means to the one who called.</summary>
    internal static Exception Failure(RpcException error, CancellationToken cancelled) =>
        cancelled.IsCancellationRequested ? new OperationCanceledException(null, error, cancelled)
        : error.StatusCode == StatusCode.Unavailable ? new HttpRequestException(HttpRequestError.ConnectionError, $"Triton is not there: {error.Status.Detail}", error)
        : new HttpRequestException(HttpRequestError.InvalidResponse, $"Triton broke off its answer: {error.StatusCode.ToString()} {error.Status.Detail}", error);

    private GrpcChannel Channel(string address)
    {
        lock (_gate)
        {
            if (_channel is not null && _address == address) return _channel;
            // Streams in flight keep their connections; the handler of the old channel ends with the last of them.
            _address = address;
            return _channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions
            {
                HttpHandler = new SocketsHttpHandler { UseProxy = false, EnableMultipleHttp2Connections = true, ActivityHeadersPropagator = null },
                DisposeHttpClient = true,
                // A prompt may be as long as a body may be, which has been held before.
                MaxSendMessageSize = null,
                MaxReceiveMessageSize = null,
            });
        }
    }

    // What is traced and marked by clients stays so: the rest of HTTP's headers say nothing to gRPC.
    private static Metadata Tracing(HttpRequest client)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in client.Headers)
        {
            var goes = name.StartsWith("X-", StringComparison.OrdinalIgnoreCase)
                ? !name.StartsWith(GatewayHeaders.Prefix, StringComparison.OrdinalIgnoreCase) && !name.EndsWith("-bin", StringComparison.OrdinalIgnoreCase)
                : name.Equals("traceparent", StringComparison.OrdinalIgnoreCase) || name.Equals("tracestate", StringComparison.OrdinalIgnoreCase) || name.Equals("baggage", StringComparison.OrdinalIgnoreCase);
            if (goes && values.ToString() is var value && !value.AsSpan().ContainsAnyExceptInRange(' ', '~') && name.AsSpan().IndexOfAnyExcept(OfNames) < 0)
                metadata.Add(name.ToLower(CultureInfo.InvariantCulture), value);
        }

        return metadata;
    }

    private static readonly System.Buffers.SearchValues<char> OfNames = System.Buffers.SearchValues.Create("-_.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
}
