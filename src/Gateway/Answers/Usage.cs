using System.Text.Json;
using Nemotron.Gateway.Json;

namespace Nemotron.Gateway.Answers;

/// <summary>An answer's token counts, as the engine states them, with their places where they are to be changed.</summary>
/// <param name="Whole">The object; absent where there is none.</param>
/// <param name="Prompt">Tokens read.</param>
/// <param name="Output">Tokens written, the trace included.</param>
/// <param name="Total">Both.</param>
/// <param name="Reasoning">Tokens of the trace, where the engine counts them; a number, not a place.</param>
internal readonly record struct Usage(JsonToken Whole, JsonNumber Prompt, JsonNumber Output, JsonNumber Total, long? Reasoning)
{
    /// <summary>Reads the usage object that the reader stands on; <c>input_tokens</c> and <c>output_tokens</c> are the names of /v1/responses.</summary>
    public static Usage Read(ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        JsonNumber prompt = default, output = default, total = default;
        long? reasoning = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("prompt_tokens"u8) || reader.ValueTextEquals("input_tokens"u8)) prompt = JsonNumber.Next(ref reader);
            else if (reader.ValueTextEquals("completion_tokens"u8) || reader.ValueTextEquals("output_tokens"u8)) output = JsonNumber.Next(ref reader);
            else if (reader.ValueTextEquals("total_tokens"u8)) total = JsonNumber.Next(ref reader);
            else if (reader.ValueTextEquals("completion_tokens_details"u8) || reader.ValueTextEquals("output_tokens_details"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.StartObject) reasoning = ReadDetails(ref reader) ?? reasoning;
                else reader.Skip();
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return new Usage(new JsonToken(JsonTokenType.StartObject, start, (int)reader.BytesConsumed), prompt, output, total, reasoning);
    }

    private static long? ReadDetails(ref Utf8JsonReader reader)
    {
        long? reasoning = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var wanted = reader.ValueTextEquals("reasoning_tokens"u8);
            var number = JsonNumber.Next(ref reader);
            if (wanted && number.Token.Kind == JsonTokenType.Number) reasoning = number.Value;
        }

        return reasoning;
    }
}

/// <summary>A whole number and its place; 0 where the value is none.</summary>
internal readonly record struct JsonNumber(JsonToken Token, long Value)
{
    /// <summary>The value behind the key that the reader stands on.</summary>
    public static JsonNumber Next(ref Utf8JsonReader reader)
    {
        reader.Read();
        var value = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var whole) ? Math.Max(0, whole) : 0;
        return new JsonNumber(JsonToken.Read(ref reader), value);
    }
}
