using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nemotron.Kube;

/// <summary>
/// A bounded pool of strings that recur across thousands of objects (label keys, namespaces, node names), so that each is kept once.
/// A slot remembers the last string of its hash: a collision costs a new string, never a wrong one. Races are harmless for the same reason.
/// </summary>
internal static class PooledStrings
{
    private const int Slots = 1 << 14;
    private const int LongestPooled = 128;
    private static readonly string?[] Pool = new string?[Slots];

    /// <summary>The current string token, from the pool when it is there.</summary>
    internal static string? Read(ref Utf8JsonReader reader)
    {
        if (reader.HasValueSequence || reader.ValueIsEscaped || reader.ValueSpan.Length > LongestPooled)
        {
            return reader.GetString();
        }

        ref var slot = ref Pool[SlotOf(reader.ValueSpan)];
        var known = Volatile.Read(ref slot);
        if (known is not null && reader.ValueTextEquals(known))
        {
            return known;
        }

        var text = reader.GetString();
        Volatile.Write(ref slot, text);
        return text;
    }

    private static int SlotOf(ReadOnlySpan<byte> utf8)
    {
        var hash = new HashCode();
        hash.AddBytes(utf8);
        return hash.ToHashCode() & (Slots - 1);
    }
}

/// <summary>Reads a string through <see cref="PooledStrings"/>.</summary>
internal sealed class PooledStringConverter : JsonConverter<string>
{
    /// <inheritdoc/>
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String ? PooledStrings.Read(ref reader) : throw new JsonException("Expected a string.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}

/// <summary>Reads labels, annotations and their like with pooled keys and values.</summary>
internal sealed class PooledStringMapConverter : JsonConverter<IDictionary<string, string>>
{
    /// <inheritdoc/>
    public override IDictionary<string, string>? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("Expected an object of strings.");
        }

        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var key = PooledStrings.Read(ref reader)!;
            reader.Read();
            map[key] = reader.TokenType switch
            {
                JsonTokenType.String => PooledStrings.Read(ref reader)!,
                JsonTokenType.Null => "",
                _ => throw new JsonException($"Expected a string for \"{key}\"."),
            };
        }

        return map;
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, IDictionary<string, string> value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var (key, text) in value)
        {
            writer.WriteString(key, text);
        }

        writer.WriteEndObject();
    }
}
