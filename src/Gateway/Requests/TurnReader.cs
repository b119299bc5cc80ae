using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Nemotron.Gateway.Json;

namespace Nemotron.Gateway.Requests;

/// <summary>Finds the turns of a conversation in a request's body.</summary>
internal static class TurnReader
{
    /// <summary>The turns: <c>messages</c> of a chat; <c>instructions</c> and <c>input</c> of /v1/responses.</summary>
    /// <exception cref="BadRequestException">There are none, or one is no message.</exception>
    public static List<Turn> Read(InferenceRequest request, int maxDepth)
    {
        var turns = new List<Turn>();
        switch (request.Endpoint)
        {
            case ApiEndpoint.Chat:
                if (request[RequestField.Messages].Kind != JsonTokenType.StartArray)
                    throw request[RequestField.Messages].IsLeftOut
                        ? new BadRequestException("'messages' is required.", "messages", "missing_field")
                        : RequestReader.WrongType("messages", "a list of messages");
                ReadList(request, request[RequestField.Messages], "messages", maxDepth, turns);
                if (turns.Count == 0) throw new BadRequestException("'messages' must have at least one message.", "messages", "missing_field");
                break;
            case ApiEndpoint.Responses:
                ReadResponses(request, maxDepth, turns);
                break;
        }

        return turns;
    }

    private static void ReadResponses(InferenceRequest request, int maxDepth, List<Turn> turns)
    {
        var instructions = request[RequestField.Instructions];
        if (instructions.IsString) turns.Add(Bare(TurnRole.System, instructions));
        else if (!instructions.IsLeftOut) throw RequestReader.WrongType("instructions", "a text");

        var input = request[RequestField.Input];
        if (input.IsString) turns.Add(Bare(TurnRole.User, input));
        else if (input.Kind == JsonTokenType.StartArray) ReadList(request, input, "input", maxDepth, turns);
        else if (!input.IsLeftOut) throw RequestReader.WrongType("input", "a text or a list");
    }

    private static Turn Bare(TurnRole role, JsonToken value) => new(role, default, value, value, [value], false, false, false);

    private static void ReadList(InferenceRequest request, JsonToken list, string name, int maxDepth, List<Turn> turns)
    {
        var reader = new Utf8JsonReader(list.In(request.Body.Span), new JsonReaderOptions { MaxDepth = maxDepth });
        reader.Read();
        for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
        {
            if (reader.TokenType != JsonTokenType.StartObject) throw RequestReader.WrongType(string.Create(CultureInfo.InvariantCulture, $"{name}[{i}]"), "an object");
            turns.Add(ReadTurn(ref reader, list.Start, name, i));
        }
    }

    private static Turn ReadTurn(ref Utf8JsonReader reader, int origin, string name, int index)
    {
        var start = (int)reader.TokenStartIndex;
        JsonToken role = default, content = default;
        var kind = TurnRole.Other;
        List<JsonToken> texts = [];
        bool otherParts = false, noParts = false, assistant = false, modelsItem = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("role"u8))
            {
                reader.Read();
                if (reader.TokenType != JsonTokenType.String) throw RequestReader.WrongType(string.Create(CultureInfo.InvariantCulture, $"{name}[{index}].role"), "a text");
                kind = reader.ValueTextEquals("user"u8) ? TurnRole.User
                    : reader.ValueTextEquals("system"u8) ? TurnRole.System
                    : reader.ValueTextEquals("developer"u8) ? TurnRole.Developer
                    : TurnRole.Other;
                assistant = reader.ValueTextEquals("assistant"u8);
                role = JsonToken.Read(ref reader);
            }
            else if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                modelsItem = reader.TokenType == JsonTokenType.String && (reader.ValueTextEquals("reasoning"u8) || reader.ValueTextEquals("function_call"u8));
                reader.Skip();
            }
            else if (reader.ValueTextEquals("content"u8))
            {
                reader.Read();
                texts.Clear();
                otherParts = noParts = false;
                if (reader.TokenType == JsonTokenType.StartArray) content = ReadParts(ref reader, texts, out otherParts, out noParts);
                else
                {
                    content = JsonToken.Read(ref reader);
                    if (content.IsString) texts.Add(content);
                    else if (!content.IsLeftOut)
                        throw RequestReader.WrongType(string.Create(CultureInfo.InvariantCulture, $"{name}[{index}].content"), "a text or a list of parts");
                }
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        for (var i = 0; i < texts.Count; i++) texts[i] = Moved(texts[i], origin);
        return new Turn(
            kind, Moved(role, origin), new JsonToken(JsonTokenType.StartObject, origin + start, origin + (int)reader.BytesConsumed), Moved(content, origin), texts, otherParts, noParts,
            assistant || (modelsItem && name == "input"));
    }

    private static JsonToken ReadParts(ref Utf8JsonReader reader, List<JsonToken> texts, out bool otherParts, out bool noParts)
    {
        var start = (int)reader.TokenStartIndex;
        otherParts = false;
        noParts = true;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            noParts = false;
            if (reader.TokenType == JsonTokenType.String) texts.Add(JsonToken.Read(ref reader));
            else if (reader.TokenType == JsonTokenType.StartObject && ReadPart(ref reader) is { } text) texts.Add(text);
            else
            {
                otherParts = true;
                reader.Skip();
            }
        }

        return new JsonToken(JsonTokenType.StartArray, start, (int)reader.BytesConsumed);
    }

    // The text of {"type":"text","text":"…"}, input_text and output_text, and of refusal and thinking, which vLLM puts before the template as text too; null for
    // other parts. The reader ends on the part's brace.
    private static JsonToken? ReadPart(ref Utf8JsonReader reader)
    {
        JsonToken text = default, refusal = default, thinking = default;
        var type = PartType.Unsaid;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("text"u8)) text = ReadValue(ref reader);
            else if (reader.ValueTextEquals("refusal"u8)) refusal = ReadValue(ref reader);
            else if (reader.ValueTextEquals("thinking"u8)) thinking = ReadValue(ref reader);
            else if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                type = reader.TokenType != JsonTokenType.String ? PartType.Other
                    : reader.ValueTextEquals("text"u8) || reader.ValueTextEquals("input_text"u8) || reader.ValueTextEquals("output_text"u8) ? PartType.Text
                    : reader.ValueTextEquals("refusal"u8) ? PartType.Refusal
                    : reader.ValueTextEquals("thinking"u8) ? PartType.Thinking
                    : PartType.Other;
                reader.Skip();
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        var said = type switch
        {
            PartType.Unsaid => text.IsString ? text : refusal,
            PartType.Text => text,
            PartType.Refusal => refusal,
            PartType.Thinking => thinking,
            _ => default,
        };
        return said.IsString ? said : null;
    }

    /// <summary>The text of a part of a content, by the same rule as the grammars have theirs; null for other parts, whatever texts they hold.</summary>
    /// <exception cref="BadRequestException">The text has half a character.</exception>
    public static string? TextOf(JsonElement part)
    {
        var json = JsonMarshal.GetRawUtf8Value(part);
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 1024 });
        reader.Read();
        return ReadPart(ref reader) is { } text ? Encoding.UTF8.GetString(JsonText.Of(json, text).Bytes) : null;
    }

    private static JsonToken ReadValue(ref Utf8JsonReader reader)
    {
        reader.Read();
        return JsonToken.Read(ref reader);
    }

    private static JsonToken Moved(JsonToken token, int origin) => token.IsThere ? token with { Start = token.Start + origin, End = token.End + origin } : token;

    private enum PartType
    {
        Unsaid,
        Text,
        Refusal,
        Thinking,
        Other,
    }
}
