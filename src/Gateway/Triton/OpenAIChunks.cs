using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Nemotron.Gateway.Answers;
using Nemotron.Gateway.Requests;

namespace Nemotron.Gateway.Triton;

/// <summary>Writes one answer in the form of OpenAI's API: as a whole, or as the pieces of its stream.</summary>
/// <param name="request">What was asked.</param>
/// <param name="id">The answer's id.</param>
/// <param name="created">When it began.</param>
internal sealed class OpenAIChunks(TritonRequest request, string id, DateTimeOffset created)
{
    private readonly bool _chat = request.Endpoint == ApiEndpoint.Chat;

    /// <summary>The piece that begins a chat.</summary>
    public void WriteBeginning(IBufferWriter<byte> output)
    {
        if (_chat) WriteChunk(output, json => WriteDelta(json, "", isFirst: true), null);
    }

    /// <summary>A piece of text.</summary>
    public void WriteText(IBufferWriter<byte> output, string text) => WriteChunk(output, json => WriteDelta(json, text, isFirst: false), null);

    /// <summary>The end: why, then the counts where they are wanted, then the mark that nothing follows.</summary>
    public void WriteEnd(IBufferWriter<byte> output, string finish, long tokens)
    {
        WriteChunk(output, json => WriteDelta(json, null, isFirst: false), finish);
        if (request.WantsUsage)
        {
            WriteEvent(output, json =>
            {
                WriteHead(json, isChunk: true);
                json.WriteStartArray("choices");
                json.WriteEndArray();
                WriteUsage(json, tokens);
            });
        }

        output.Write("data: [DONE]\n\n"u8);
    }

    /// <summary>The whole answer.</summary>
    public ReadOnlyMemory<byte> Whole(string text, string finish, long tokens) => Object(json =>
    {
        WriteHead(json, isChunk: false);
        json.WriteStartArray("choices");
        json.WriteStartObject();
        json.WriteNumber("index", 0);
        if (_chat)
        {
            json.WriteStartObject("message");
            json.WriteString("role", "assistant");
            json.WriteString("content", text);
            json.WriteEndObject();
        }
        else json.WriteString("text", text);
        json.WriteNull("logprobs");
        json.WriteString("finish_reason", finish);
        json.WriteEndObject();
        json.WriteEndArray();
        WriteUsage(json, tokens);
    });

    /// <summary>A JSON object.</summary>
    /// <param name="content">Writes its fields.</param>
    public static ReadOnlyMemory<byte> Object(Action<Utf8JsonWriter> content)
    {
        var output = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            content(json);
            json.WriteEndObject();
        }

        return output.WrittenMemory;
    }

    private void WriteDelta(Utf8JsonWriter json, string? text, bool isFirst)
    {
        if (!_chat)
        {
            json.WriteString("text", text ?? "");
            return;
        }

        json.WriteStartObject("delta");
        if (isFirst) json.WriteString("role", "assistant");
        if (text is not null) json.WriteString("content", text);
        json.WriteEndObject();
    }

    private void WriteChunk(IBufferWriter<byte> output, Action<Utf8JsonWriter> content, string? finish) => WriteEvent(output, json =>
    {
        WriteHead(json, isChunk: true);
        json.WriteStartArray("choices");
        json.WriteStartObject();
        json.WriteNumber("index", 0);
        content(json);
        json.WriteString("finish_reason", finish);
        json.WriteEndObject();
        json.WriteEndArray();
    });

    private void WriteHead(Utf8JsonWriter json, bool isChunk)
    {
        json.WriteString("id", id);
        json.WriteString("object", !_chat ? "text_completion" : isChunk ? "chat.completion.chunk" : "chat.completion");
        json.WriteNumber("created", created.ToUnixTimeSeconds());
        json.WriteString("model", request.Model);
    }

    // Triton tells no counts: the pieces of new text are counted, about one a token. What the prompt had nobody here knows, so it is left out.
    private static void WriteUsage(Utf8JsonWriter json, long tokens)
    {
        json.WriteStartObject("usage");
        json.WriteNumber("completion_tokens", tokens);
        json.WriteEndObject();
    }

    private static void WriteEvent(IBufferWriter<byte> output, Action<Utf8JsonWriter> content) => output.Write(ServerSentEvents.Write(Object(content).Span));
}
