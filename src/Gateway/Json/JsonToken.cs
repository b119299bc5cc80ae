using System.Text.Json;

namespace Nemotron.Gateway.Json;

/// <summary>A value's place in a document: from its first byte to behind its last, quotes and braces included.</summary>
/// <param name="Kind"><see cref="JsonTokenType.None"/> where the value is absent.</param>
/// <param name="Start">Its first byte.</param>
/// <param name="End">Behind its last byte.</param>
internal readonly record struct JsonToken(JsonTokenType Kind, int Start, int End)
{
    /// <summary>The value is there, be it null.</summary>
    public bool IsThere => Kind != JsonTokenType.None;

    /// <summary>The value is absent or null: to OpenAI's API both mean that it was left out.</summary>
    public bool IsLeftOut => Kind is JsonTokenType.None or JsonTokenType.Null;

    /// <summary>The value is a string.</summary>
    public bool IsString => Kind == JsonTokenType.String;

    /// <summary>The value's bytes.</summary>
    public ReadOnlySpan<byte> In(ReadOnlySpan<byte> document) => document[Start..End];

    /// <summary>The value that the reader stands on, which is read to its end.</summary>
    public static JsonToken Read(ref Utf8JsonReader reader)
    {
        var kind = reader.TokenType;
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return new JsonToken(kind, start, (int)reader.BytesConsumed);
    }
}
