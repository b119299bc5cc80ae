using System.Buffers;
using System.Text;
using Grpc.Core;
using Nemotron.Engines.Protos.Triton;
using Nemotron.Gateway.Calling;
using Nemotron.Gateway.Forwarding;

namespace Nemotron.Gateway.Triton;

/// <summary>Triton's answer to one request, turned into OpenAI's form as it comes.</summary>
internal sealed class TritonAnswer : EngineAnswer
{
    private readonly AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> _call;
    private readonly OpenAIChunks _chunks;
    private readonly CancellationToken _cancelled;
    private readonly ArrayBufferWriter<byte> _bytes = new(512);
    private string _finish = "stop";
    private int _seen;
    private long _tokens;
    private bool _given, _hasEnded;

    private TritonAnswer(AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> call, OpenAIChunks chunks, string status, string media, CancellationToken cancelled)
    {
        (_call, _chunks, _cancelled) = (call, chunks, cancelled);
        Head = new AnswerHead();
        Head.Read(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: {media}\r\n\r\n"));
    }

    /// <inheritdoc/>
    public override AnswerHead Head { get; }

    /// <inheritdoc/>
    public override bool HasBegun => _bytes.WrittenCount > 0;

    /// <inheritdoc/>
    public override bool HasEnded => _hasEnded;

    /// <summary>Waits for the first piece, and where the answer is not to be streamed for all of it, so that what goes wrong until then has a status of its own.</summary>
    /// <param name="call">The call, its request sent.</param>
    /// <param name="request">What was asked.</param>
    /// <param name="chunks">Writes the answer.</param>
    /// <param name="cancelled">Cuts the call.</param>
    /// <exception cref="HttpRequestException">Triton is not there, or broke off.</exception>
    /// <exception cref="OperationCanceledException">The call was cut.</exception>
    public static async Task<TritonAnswer> BeginAsync(
        AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> call, TritonRequest request, OpenAIChunks chunks, CancellationToken cancelled)
    {
        if (!await NextAsync(call, cancelled)) throw new HttpRequestException(HttpRequestError.ResponseEnded, "Triton ended its answer before it began.");
        if (call.ResponseStream.Current.ErrorMessage is { Length: > 0 } refusal) return Refused(call, chunks, refusal, cancelled);
        if (request.Streams)
        {
            var streamed = new TritonAnswer(call, chunks, "200 OK", "text/event-stream; charset=utf-8", cancelled);
            chunks.WriteBeginning(streamed._bytes);
            if (streamed.Take(call.ResponseStream.Current.InferResponse) is { Length: > 0 } first) chunks.WriteText(streamed._bytes, first);
            return streamed;
        }

        var whole = new TritonAnswer(call, chunks, "200 OK", "application/json", cancelled);
        var text = new StringBuilder(whole.Take(call.ResponseStream.Current.InferResponse));
        while (await NextAsync(call, cancelled))
        {
            if (call.ResponseStream.Current.ErrorMessage is { Length: > 0 } broken) return Refused(call, chunks, broken, cancelled);
            text.Append(whole.Take(call.ResponseStream.Current.InferResponse));
        }

        whole._bytes.Write(chunks.Whole(text.ToString(), whole._finish, whole._tokens).Span);
        return whole;
    }

    /// <inheritdoc/>
    public override async ValueTask<ReadOnlyMemory<byte>> ReadAsync()
    {
        // What came with the head is read first; after that each read is of what comes next. A completion's stream may begin with nothing.
        if (!_given)
        {
            _given = true;
            if (!Head.IsEventStream) _hasEnded = true;
            if (_bytes.WrittenCount > 0) return _bytes.WrittenMemory;
        }

        _bytes.ResetWrittenCount();
        while (!_hasEnded && _bytes.WrittenCount == 0)
        {
            if (!await NextAsync(_call, _cancelled))
            {
                _chunks.WriteEnd(_bytes, _finish, _tokens);
                _hasEnded = true;
            }
            else if (_call.ResponseStream.Current.ErrorMessage is { Length: > 0 } broken)
            {
                _bytes.Write(Answers.ServerSentEvents.Write(OpenAIError.Engine(broken).ToJson().Span));
                _hasEnded = true;
            }
            else if (Take(_call.ResponseStream.Current.InferResponse) is { Length: > 0 } text) _chunks.WriteText(_bytes, text);
        }

        return _bytes.WrittenMemory;
    }

    /// <inheritdoc/>
    public override void Dispose() => _call.Dispose();

    private static TritonAnswer Refused(AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> call, OpenAIChunks chunks, string message, CancellationToken cancelled)
    {
        // Said with these words while it exits (triton-inference-server/server, src/grpc/grpc_server.cc); the request has not been begun.
        if (message.Contains("shutting down", StringComparison.OrdinalIgnoreCase))
        {
            call.Dispose();
            throw new HttpRequestException(HttpRequestError.ConnectionError, $"Triton takes no request: {message}");
        }

        var error = OpenAIError.Engine(message);
        var answer = new TritonAnswer(call, chunks, $"{error.Status} Error", "application/json", cancelled);
        answer._bytes.Write(error.ToJson().Span);
        return answer;
    }

    private static async Task<bool> NextAsync(AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> call, CancellationToken cancelled)
    {
        try
        {
            return await call.ResponseStream.MoveNext(cancelled);
        }
        catch (RpcException error)
        {
            throw TritonEngine.Failure(error, cancelled);
        }
    }

    // What is new in the text: each response brings all of it so far, as the model's library has it (CompletionOutput.text). A token whose character is
    // not whole yet brings nothing new; a stop word that is cut off behind it makes the text shorter.
    private string Take(ModelInferResponse? response)
    {
        if (response is null) return "";
        // Of the pieces before the last it says "None".
        if (response.Bytes("finish_reason").SequenceEqual("length"u8)) _finish = "length";
        var text = response.Bytes("text_output");
        if (text.Length <= _seen) return "";
        var piece = Encoding.UTF8.GetString(text[_seen..]);
        _seen = text.Length;
        _tokens++;
        return piece;
    }
}
