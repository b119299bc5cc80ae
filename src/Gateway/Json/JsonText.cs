using System.Buffers.Text;
using System.Text;

namespace Nemotron.Gateway.Json;

/// <summary>
/// The text of a JSON string, with the place in the document of each of its bytes, so that what is found in the text can be changed in the document
/// and all else stays as the client wrote it. <c>"a\/no_think"</c> is the text <c>a/no_think</c>.
/// </summary>
internal readonly ref struct JsonText
{
    private readonly ReadOnlySpan<int> _places;
    private readonly int _start;

    private JsonText(ReadOnlySpan<byte> bytes, ReadOnlySpan<int> places, int start)
    {
        Bytes = bytes;
        _places = places;
        _start = start;
    }

    /// <summary>The text as UTF-8.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Reads the text of a string token that a client sent.</summary>
    /// <param name="document">The document.</param>
    /// <param name="token">The token, quotes included. A token that is no string has no text.</param>
    /// <exception cref="BadRequestException">An escape names half a character.</exception>
    public static JsonText Of(ReadOnlySpan<byte> document, JsonToken token) => Of(document, token, takesHalves: false);

    /// <summary>
    /// Reads the text of a string token that an engine sent. Half a character, as engines write it that cut a text between its halves, reads as U+FFFD: it is
    /// passed on as it came, and nothing that is looked for in an answer holds one.
    /// </summary>
    /// <param name="document">The document.</param>
    /// <param name="token">The token, quotes included. A token that is no string has no text.</param>
    public static JsonText OfAnswer(ReadOnlySpan<byte> document, JsonToken token) => Of(document, token, takesHalves: true);

    /// <summary>Where in the document the byte at <paramref name="index"/> of the text stands; the end of the text stands at the closing quote.</summary>
    public int PlaceOf(int index) => _places.IsEmpty ? _start + index : _start + _places[index];

    private static JsonText Of(ReadOnlySpan<byte> document, JsonToken token, bool takesHalves)
    {
        if (!token.IsString) return default;
        var start = token.Start + 1;
        var raw = document[start..(token.End - 1)];
        return raw.Contains((byte)'\\') ? Unescaped(raw, start, takesHalves) : new JsonText(raw, [], start);
    }

    private static JsonText Unescaped(ReadOnlySpan<byte> raw, int start, bool takesHalves)
    {
        // A text is never longer than its escaped form.
        var bytes = new byte[raw.Length];
        var places = new int[raw.Length + 1];
        int at = 0, length = 0;
        while (at < raw.Length)
        {
            var from = at;
            if (raw[at] != '\\')
            {
                places[length] = from;
                bytes[length++] = raw[at++];
                continue;
            }

            var escape = raw[at + 1];
            at += 2;
            if (escape != 'u')
            {
                places[length] = from;
                bytes[length++] = escape switch
                {
                    (byte)'n' => (byte)'\n',
                    (byte)'t' => (byte)'\t',
                    (byte)'r' => (byte)'\r',
                    (byte)'b' => (byte)'\b',
                    (byte)'f' => (byte)'\f',
                    _ => escape,
                };
                continue;
            }

            var rune = ReadRune(raw, ref at, takesHalves);
            var written = rune.EncodeToUtf8(bytes.AsSpan(length));
            for (var i = 0; i < written; i++) places[length + i] = from;
            length += written;
        }

        places[length] = raw.Length;
        return new JsonText(bytes.AsSpan(0, length), places.AsSpan(0, length + 1), start);
    }

    private static Rune ReadRune(ReadOnlySpan<byte> raw, ref int at, bool takesHalves)
    {
        var first = ReadUnit(raw, ref at);
        if (Rune.TryCreate(first, out var rune)) return rune;
        if (char.IsHighSurrogate(first) && at + 1 < raw.Length && raw[at] == '\\' && raw[at + 1] == 'u')
        {
            var next = at + 2;
            if (Rune.TryCreate(first, ReadUnit(raw, ref next), out rune))
            {
                at = next;
                return rune;
            }
        }

        return takesHalves ? Rune.ReplacementChar : throw BadRequestException.HalfCharacter();
    }

    // The reader has seen the token before, so four digits are there.
    private static char ReadUnit(ReadOnlySpan<byte> raw, ref int at)
    {
        _ = Utf8Parser.TryParse(raw.Slice(at, 4), out ushort unit, out _, 'x');
        at += 4;
        return (char)unit;
    }
}
