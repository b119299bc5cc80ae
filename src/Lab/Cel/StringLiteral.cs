using System.Globalization;
using System.Text;

namespace Nemotron.Lab.Cel;

/// <summary>CEL's string and bytes literals: single, double or triple quotes, raw with <c>r</c>, bytes with <c>b</c>.</summary>
internal static class StringLiteral
{
    /// <summary>Reads the literal at <paramref name="at"/> and moves behind it: a string, a byte array, or null when it is malformed.</summary>
    public static object? Read(string source, ref int at)
    {
        var (raw, bytes, i) = (false, false, at);
        for (; source[i] is not ('"' or '\''); i++)
            if (source[i] is 'r' or 'R') raw = true;
            else bytes = true;
        var quote = new string(source[i], source.AsSpan(i).StartsWith(new string(source[i], 3)) ? 3 : 1);
        i += quote.Length;
        var text = new StringBuilder();
        var octets = new List<byte>();
        while (i < source.Length && !source.AsSpan(i).StartsWith(quote))
        {
            var c = source[i];
            if (quote.Length == 1 && c is '\n' or '\r') return null;
            if (c != '\\' || raw)
            {
                var length = char.IsHighSurrogate(c) && i + 1 < source.Length ? 2 : 1;
                // A backslash in a raw string still keeps the quote behind it.
                if (c == '\\' && i + 1 < source.Length) length = 2;
                Append(source.Substring(i, length));
                i += length;
                continue;
            }
            if (!Escape(source, ref i, bytes, out var code, out var isOctet)) return null;
            if (bytes && isOctet) octets.Add((byte)code);
            else Append(char.ConvertFromUtf32(code));
        }
        if (i >= source.Length) return null;
        at = i + quote.Length;
        return bytes ? octets.ToArray() : text.ToString();

        void Append(string part)
        {
            if (bytes) octets.AddRange(Encoding.UTF8.GetBytes(part));
            else text.Append(part);
        }
    }

    private static bool Escape(string source, ref int i, bool bytes, out int code, out bool isOctet)
    {
        (code, isOctet) = (0, false);
        if (i + 1 >= source.Length) return false;
        var c = source[i + 1];
        i += 2;
        switch (c)
        {
            case 'a': code = 7; return true;
            case 'b': code = 8; return true;
            case 'f': code = 12; return true;
            case 'n': code = 10; return true;
            case 'r': code = 13; return true;
            case 't': code = 9; return true;
            case 'v': code = 11; return true;
            case '\\' or '\'' or '"' or '`' or '?': code = c; return true;
            case 'x' or 'X':
                isOctet = true;
                return Hex(source, ref i, 2, out code);
            case 'u': return !bytes && Hex(source, ref i, 4, out code) && IsScalar(code);
            case 'U': return !bytes && Hex(source, ref i, 8, out code) && IsScalar(code);
            case >= '0' and <= '3':
                isOctet = true;
                if (i + 2 > source.Length || source[i] is < '0' or > '7' || source[i + 1] is < '0' or > '7') return false;
                code = ((c - '0') * 64) + ((source[i] - '0') * 8) + (source[i + 1] - '0');
                i += 2;
                return true;
            default: return false;
        }
    }

    private static bool Hex(string source, ref int i, int digits, out int code)
    {
        code = 0;
        if (i + digits > source.Length
            || !uint.TryParse(source.AsSpan(i, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) || value > 0x10ffff) return false;
        code = (int)value;
        i += digits;
        return true;
    }

    private static bool IsScalar(int code) => code is < 0xd800 or > 0xdfff;
}
