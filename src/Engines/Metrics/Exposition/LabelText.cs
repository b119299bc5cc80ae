using System.Text;

namespace Nemotron.Engines.Metrics.Exposition;

/// <summary>The text between a sample's braces: <c>a="x",b="y\n",</c>. Checked once as a whole, then read pair by pair.</summary>
internal readonly ref struct LabelText(ReadOnlySpan<byte> text)
{
    private readonly ReadOnlySpan<byte> _text = text;

    public Enumerator GetEnumerator() => new(_text);

    /// <summary>
    /// Where the closing brace is in <paramref name="text"/>, which begins after the opening one; −1 when the text is not well formed.
    /// With <paramref name="nameInside"/> the first entry is the metric's own name in quotes.
    /// </summary>
    public static int End(ReadOnlySpan<byte> text, bool nameInside, out ReadOnlySpan<byte> name)
    {
        name = default;
        var at = 0;
        var first = true;
        while (true)
        {
            at = SkipBlanks(text, at);
            if (at >= text.Length) return -1;
            if (text[at] == '}') return nameInside && name.IsEmpty ? -1 : at;
            if (!first)
            {
                if (text[at] != ',') return -1;
                at = SkipBlanks(text, at + 1);
                if (at < text.Length && text[at] == '}') return nameInside && name.IsEmpty ? -1 : at;
            }

            if (!TryReadEntry(text, ref at, out var label, out var value)) return -1;
            if (value.IsEmpty && label.IsEmpty) return -1;
            if (label.IsEmpty)
            {
                if (!nameInside || !first) return -1;
                name = value;
            }

            first = false;
        }
    }

    /// <summary>Reads one entry. A quoted name by itself gives an empty <paramref name="label"/>.</summary>
    private static bool TryReadEntry(ReadOnlySpan<byte> text, scoped ref int at, out ReadOnlySpan<byte> label, out ReadOnlySpan<byte> value)
    {
        label = value = default;
        if (at >= text.Length) return false;
        if (text[at] == '"')
        {
            if (!TryReadQuoted(text, ref at, out label)) return false;
        }
        else
        {
            var start = at;
            while (at < text.Length && SampleLine.IsNameByte(text[at], first: at == start)) at++;
            if (at == start) return false;
            label = text[start..at];
        }

        var after = SkipBlanks(text, at);
        if (after >= text.Length || text[after] != '=')
        {
            // Only a quoted metric name stands alone.
            if (at == 0 || text[at - 1] != '"') return false;
            value = label;
            label = default;
            return !value.IsEmpty;
        }

        at = SkipBlanks(text, after + 1);
        return at < text.Length && text[at] == '"' && TryReadQuoted(text, ref at, out value) && !label.IsEmpty;
    }

    private static bool TryReadQuoted(ReadOnlySpan<byte> text, scoped ref int at, out ReadOnlySpan<byte> inner)
    {
        var start = ++at;
        while (true)
        {
            var next = at < text.Length ? text[at..].IndexOfAny((byte)'"', (byte)'\\') : -1;
            if (next < 0)
            {
                inner = default;
                return false;
            }

            at += next;
            if (text[at] == '"') break;
            at += 2;
        }

        inner = text[start..at];
        at++;
        return true;
    }

    private static int SkipBlanks(ReadOnlySpan<byte> text, int at)
    {
        while (at < text.Length && text[at] is (byte)' ' or (byte)'\t') at++;
        return at;
    }

    /// <summary>A label's value with its escapes resolved: <c>\\</c>, <c>\"</c> and <c>\n</c>; any other backslash stands for itself.</summary>
    public static string Unescape(ReadOnlySpan<byte> raw)
    {
        var backslash = raw.IndexOf((byte)'\\');
        if (backslash < 0) return Encoding.UTF8.GetString(raw);
        var bytes = new byte[raw.Length];
        var length = 0;
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] == '\\' && i + 1 < raw.Length && raw[i + 1] is (byte)'\\' or (byte)'"' or (byte)'n')
                bytes[length++] = raw[++i] == 'n' ? (byte)'\n' : raw[i];
            else
                bytes[length++] = raw[i];
        }

        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    /// <summary>Walks the pairs of text that <see cref="End"/> has accepted.</summary>
    public ref struct Enumerator(ReadOnlySpan<byte> text)
    {
        private readonly ReadOnlySpan<byte> _text = text;
        private int _at;

        public ReadOnlySpan<byte> Name { get; private set; }

        public ReadOnlySpan<byte> RawValue { get; private set; }

        public readonly Enumerator Current => this;

        public bool MoveNext()
        {
            while (true)
            {
                while (_at < _text.Length && _text[_at] is (byte)' ' or (byte)'\t' or (byte)',') _at++;
                if (_at >= _text.Length || !TryReadEntry(_text, ref _at, out var name, out var value)) return false;
                if (name.IsEmpty) continue;
                Name = name;
                RawValue = value;
                return true;
            }
        }
    }
}
