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

    /// <summary>Reads the text of a string token.</summary>
    /// <param name="document">The document.</param>
    /// <param name="token">The token, quotes included. A token that is no string has no text.</param>
    /// <exception cref="BadRequestException">An escape names half a character.</exception>
    public static JsonText Of(ReadOnlySpan<byte> document, JsonToken token)
    {
        if (!token.IsString) return default;
        var start = token.Start + 1;
        var raw = document[start..(token.End - 1)];
        return raw.Contains((byte)'\\') ? Unescaped(raw, start) : new JsonText(raw, [], start);
    }

    /// <summary>Where in the document the byte at <paramref name="index"/> of the text stands; the end of the text stands at the closing quote.</summary>
    public int PlaceOf(int index) => _places.IsEmpty ? _start + index : _start + _places[index];

    private static JsonText Unescaped(ReadOnlySpan<byte> raw, int start)
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

            var rune = ReadRune(raw, ref at);
            var written = rune.EncodeToUtf8(bytes.AsSpan(length));
            for (var i = 0; i < written; i++) places[length + i] = from;
            length += written;
        }

        places[length] = raw.Length;
        return new JsonText(bytes.AsSpan(0, length), places.AsSpan(0, length + 1), start);
    }

    private static Rune ReadRune(ReadOnlySpan<byte> raw, ref int at)
    {
        var first = ReadUnit(raw, ref at);
        if (Rune.TryCreate(first, out var rune)) return rune;
        if (char.IsHighSurrogate(first) && at + 1 < raw.Length && raw[at] == '\\' && raw[at + 1] == 'u')
        {
            at += 2;
            if (Rune.TryCreate(first, ReadUnit(raw, ref at), out rune)) return rune;
        }

        throw new BadRequestException("The body has an escape of half a character (a lone surrogate).", null, "invalid_json");
    }

    // The reader has seen the token before, so four digits are there.
    private static char ReadUnit(ReadOnlySpan<byte> raw, ref int at)
    {
        _ = Utf8Parser.TryParse(raw.Slice(at, 4), out ushort unit, out _, 'x');
        at += 4;
        return (char)unit;
    }
}
