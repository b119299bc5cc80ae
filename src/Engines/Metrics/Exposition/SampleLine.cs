using System.Globalization;
using System.Text;

namespace Nemotron.Engines.Metrics.Exposition;

/// <summary>
/// One sample of Prometheus' text format or OpenMetrics, such as <c>name{label="value"} 1.5 1700000000000</c>, as slices of the line.
/// Also read: names in quotes inside the braces (Prometheus 3), and exemplars, which are passed over.
/// </summary>
internal readonly ref struct SampleLine
{
    private SampleLine(ReadOnlySpan<byte> name, ReadOnlySpan<byte> labels, double value)
    {
        Name = name;
        Labels = new LabelText(labels);
        Value = value;
    }

    /// <summary>The metric's name, without quotes.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>The labels, read one at a time.</summary>
    public LabelText Labels { get; }

    /// <summary>The value; NaN and infinities included.</summary>
    public double Value { get; }

    /// <summary>Reads <paramref name="line"/>, which has no line end. False when it is no sample; then nothing of it may be used.</summary>
    public static bool TryRead(ReadOnlySpan<byte> line, out SampleLine sample)
    {
        sample = default;
        var rest = line.TrimStart(" \t"u8);
        var nameEnd = NameLength(rest);
        var name = rest[..nameEnd];
        rest = rest[nameEnd..].TrimStart(" \t"u8);

        var labels = ReadOnlySpan<byte>.Empty;
        if (rest.Length > 0 && rest[0] == '{')
        {
            var end = LabelText.End(rest[1..], name.IsEmpty, out var quotedName);
            if (end < 0) return false;
            labels = rest.Slice(1, end);
            if (name.IsEmpty) name = quotedName;
            rest = rest[(end + 2)..];
        }

        if (name.IsEmpty || !TryReadValue(rest, out var value)) return false;
        sample = new SampleLine(name, labels, value);
        return true;
    }

    private static bool TryReadValue(ReadOnlySpan<byte> rest, out double value)
    {
        rest = rest.Trim(" \t\r"u8);
        var end = rest.IndexOfAny(" \t"u8);
        var text = end < 0 ? rest : rest[..end];
        if (!TryReadNumber(text, out value)) return false;
        if (end < 0) return true;

        // Then a time (milliseconds, or seconds with a fraction in OpenMetrics) and an exemplar after "#". Neither is used.
        rest = rest[end..].TrimStart(" \t"u8);
        if (rest[0] == '#') return true;
        end = rest.IndexOfAny(" \t"u8);
        if (!TryReadNumber(end < 0 ? rest : rest[..end], out _)) return false;
        return end < 0 || rest[end..].TrimStart(" \t"u8)[0] == '#';
    }

    internal static bool TryReadNumber(ReadOnlySpan<byte> text, out double value)
    {
        value = double.NaN;
        if (text.IsEmpty) return false;
        // The words that Go's ParseFloat knows, in any case; the framework's own would differ.
        var unsigned = text[0] is (byte)'+' or (byte)'-' ? text[1..] : text;
        if (Ascii.EqualsIgnoreCase(unsigned, "nan"u8)) return true;
        if (Ascii.EqualsIgnoreCase(unsigned, "inf"u8) || Ascii.EqualsIgnoreCase(unsigned, "infinity"u8))
        {
            value = text[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
            return true;
        }

        const NumberStyles style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return text[^1] is (>= (byte)'0' and <= (byte)'9') or (byte)'.' && double.TryParse(text, style, CultureInfo.InvariantCulture, out value);
    }

    private static int NameLength(ReadOnlySpan<byte> text)
    {
        var i = 0;
        while (i < text.Length && IsNameByte(text[i], first: i == 0)) i++;
        return i;
    }

    internal static bool IsNameByte(byte b, bool first) =>
        (b | 0x20) is >= 'a' and <= 'z' || b is (byte)'_' or (byte)':' || (!first && b is >= (byte)'0' and <= (byte)'9');
}
