using System.Text.Json;
using Nemotron.Gateway.Json;
using Nemotron.Gateway.Requests;

namespace Nemotron.Gateway.Answers;

/// <summary>What one choice of a chunk brings.</summary>
/// <param name="Index">Which of the n answers.</param>
/// <param name="Content">Text of the answer.</param>
/// <param name="Reasoning">Text of the trace, where the engine keeps them apart.</param>
/// <param name="HasToolCalls">A piece of a tool call.</param>
/// <param name="Finish">Why the answer ended; left out while it goes on.</param>
/// <param name="Start">Behind the opening brace of the choice; -1 where there is none.</param>
/// <param name="MessageStart">Behind the opening brace of the message or delta; -1 where there is none.</param>
internal readonly record struct ChoiceDelta(int Index, JsonToken Content, JsonToken Reasoning, bool HasToolCalls, JsonToken Finish, int Start, int MessageStart)
{
    /// <summary>It brings text of the answer.</summary>
    public bool HasContent => Content is { IsString: true } && Content.End - Content.Start > 2;

    /// <summary>It brings text of the trace.</summary>
    public bool HasReasoning => Reasoning is { IsString: true } && Reasoning.End - Reasoning.Start > 2;

    /// <summary>It brings something that was generated, by the piece about one token.</summary>
    public bool HasToken => HasContent || HasReasoning || HasToolCalls;
}

/// <summary>One piece of a streamed answer, or a whole answer that is not streamed: what it says, by its places.</summary>
internal sealed class Chunk
{
    private readonly List<ChoiceDelta> _choices = [];

    /// <summary>The answers it brings something for.</summary>
    public IReadOnlyList<ChoiceDelta> Choices => _choices;

    /// <summary>The answer's id.</summary>
    public JsonToken Id { get; private set; }

    /// <summary>The token counts; absent where it has none.</summary>
    public Usage Usage { get; private set; }

    /// <summary>The place of the key <c>usage</c>; -1 where there is none.</summary>
    public int UsageKeyStart { get; private set; }

    /// <summary>The value of <c>usage</c>, null included.</summary>
    public JsonToken UsageValue { get; private set; }

    /// <summary>It has a list of choices, and that is empty: the chunk that brings the usage.</summary>
    public bool HasNoChoices { get; private set; }

    /// <summary>It reports an error.</summary>
    public bool IsError { get; private set; }

    /// <summary>Reads a piece, in place of what was read before.</summary>
    /// <param name="json">The piece.</param>
    /// <param name="endpoint">By whose format.</param>
    /// <returns>False where it is no JSON object; then all is empty.</returns>
    public bool Read(ReadOnlySpan<byte> json, ApiEndpoint endpoint)
    {
        Clear();
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 256 });
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            if (endpoint == ApiEndpoint.Responses) ReadResponsesEvent(ref reader);
            else ReadChatChunk(ref reader);
            return true;
        }
        // The other one is of a key or type with half a character, which the reader cannot compare.
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            Clear();
            return false;
        }
    }

    /// <summary>Takes the token counts away, for one who counts them otherwise.</summary>
    public void ForgetUsage() => Usage = default;

    /// <summary>Puts them back.</summary>
    public void RecallUsage(Usage usage) => Usage = usage;

    private void Clear()
    {
        _choices.Clear();
        Id = UsageValue = default;
        Usage = default;
        UsageKeyStart = -1;
        HasNoChoices = IsError = false;
    }

    private void ReadChatChunk(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("choices"u8))
            {
                reader.Read();
                if (reader.TokenType != JsonTokenType.StartArray) reader.Skip();
                else
                {
                    while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    {
                        if (reader.TokenType == JsonTokenType.StartObject) _choices.Add(ReadChoice(ref reader));
                        else reader.Skip();
                    }

                    HasNoChoices = _choices.Count == 0;
                }
            }
            else if (reader.ValueTextEquals("usage"u8)) ReadUsage(ref reader);
            else if (reader.ValueTextEquals("id"u8))
            {
                reader.Read();
                Id = JsonToken.Read(ref reader);
            }
            else
            {
                var error = reader.ValueTextEquals("error"u8);
                reader.Read();
                IsError |= error && reader.TokenType != JsonTokenType.Null;
                reader.Skip();
            }
        }
    }

    private void ReadUsage(ref Utf8JsonReader reader)
    {
        UsageKeyStart = (int)reader.TokenStartIndex;
        reader.Read();
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            Usage = Usage.Read(ref reader);
            UsageValue = Usage.Whole;
        }
        else UsageValue = JsonToken.Read(ref reader);
    }

    private static ChoiceDelta ReadChoice(ref Utf8JsonReader reader)
    {
        var (index, start) = (0, (int)reader.BytesConsumed);
        JsonToken content = default, reasoning = default, finish = default;
        var toolCalls = false;
        var messageStart = -1;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("delta"u8) || reader.ValueTextEquals("message"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.StartObject)
                {
                    messageStart = (int)reader.BytesConsumed;
                    ReadMessage(ref reader, ref content, ref reasoning, ref toolCalls);
                }
                else reader.Skip();
            }
            else if (reader.ValueTextEquals("text"u8))
            {
                reader.Read();
                content = JsonToken.Read(ref reader);
            }
            else if (reader.ValueTextEquals("finish_reason"u8))
            {
                reader.Read();
                finish = JsonToken.Read(ref reader);
            }
            else if (reader.ValueTextEquals("index"u8)) index = (int)Math.Min(JsonNumber.Next(ref reader).Value, int.MaxValue);
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return new ChoiceDelta(index, content, reasoning, toolCalls, finish, start, messageStart);
    }

    private static void ReadMessage(ref Utf8JsonReader reader, ref JsonToken content, ref JsonToken reasoning, ref bool toolCalls)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("content"u8))
            {
                reader.Read();
                content = JsonToken.Read(ref reader);
            }
            // The one is TensorRT-LLM's and older vLLM's name, the other newer vLLM's, which may send both.
            else if (reader.ValueTextEquals("reasoning_content"u8) || reader.ValueTextEquals("reasoning"u8))
            {
                reader.Read();
                var value = JsonToken.Read(ref reader);
                if (!value.IsLeftOut) reasoning = value;
            }
            else
            {
                var tools = reader.ValueTextEquals("tool_calls"u8);
                reader.Read();
                var value = JsonToken.Read(ref reader);
                toolCalls |= tools && value.Kind == JsonTokenType.StartArray && value.End - value.Start > 2;
            }
        }
    }

    // {"type":"response.output_text.delta","delta":"…"}; the last event has the whole response, and in it the usage. An answer that is not streamed is that response.
    private void ReadResponsesEvent(ref Utf8JsonReader reader)
    {
        JsonToken delta = default;
        var (answers, thinks, calls) = (false, false, false);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.String)
                {
                    answers = reader.ValueTextEquals("response.output_text.delta"u8);
                    thinks = reader.ValueTextEquals("response.reasoning_text.delta"u8) || reader.ValueTextEquals("response.reasoning.delta"u8);
                    calls = reader.ValueTextEquals("response.function_call_arguments.delta"u8);
                    IsError |= reader.ValueTextEquals("error"u8) || reader.ValueTextEquals("response.failed"u8);
                }

                reader.Skip();
            }
            else if (reader.ValueTextEquals("delta"u8))
            {
                reader.Read();
                delta = JsonToken.Read(ref reader);
            }
            else if (reader.ValueTextEquals("usage"u8)) ReadUsage(ref reader);
            else if (reader.ValueTextEquals("response"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.StartObject) ReadResponse(ref reader);
                else reader.Skip();
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        if (answers) _choices.Add(new ChoiceDelta(0, delta, default, false, default, -1, -1));
        else if (thinks) _choices.Add(new ChoiceDelta(0, default, delta, false, default, -1, -1));
        else if (calls) _choices.Add(new ChoiceDelta(0, default, default, true, default, -1, -1));
    }

    private void ReadResponse(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("usage"u8)) ReadUsage(ref reader);
            else
            {
                reader.Read();
                reader.Skip();
            }
        }
    }
}
