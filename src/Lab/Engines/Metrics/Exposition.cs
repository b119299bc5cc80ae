using System.Globalization;
using System.Text;

namespace Nemotron.Lab.Engines;

/// <summary>How a client library spells numbers.</summary>
internal enum NumberStyle
{
    /// <summary>Python's: always a float, <c>412.0</c>.</summary>
    Python,

    /// <summary>prometheus-cpp's and Go's: <c>412</c>.</summary>
    Plain,
}

/// <summary>Writes Prometheus' text format, by the habits of one client library.</summary>
/// <param name="style">How numbers are spelled.</param>
internal sealed class Exposition(NumberStyle style)
{
    private readonly StringBuilder text = new();

    /// <summary>What was written.</summary>
    public override string ToString() => text.ToString();

    /// <summary>Begins a family.</summary>
    public Exposition Family(string name, string type, string help)
    {
        text.Append("# HELP ").Append(name).Append(' ').Append(help).Append('\n');
        text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
        return this;
    }

    /// <summary>Writes a sample, its labels in the order given.</summary>
    public Exposition Sample(string name, IEnumerable<(string Name, string Value)> labels, double value)
    {
        text.Append(name);
        var first = true;
        foreach (var (label, content) in labels)
        {
            text.Append(first ? '{' : ',').Append(label).Append("=\"").Append(Escaped(content)).Append('"');
            first = false;
        }

        if (!first) text.Append('}');
        text.Append(' ').Append(Number(value, style)).Append('\n');
        return this;
    }

    /// <summary>Writes a histogram as most libraries do: buckets with <c>le</c> among the labels in order of name, then count and sum.</summary>
    public Exposition Histogram(string name, string help, Histogram histogram, IReadOnlyList<(string Name, string Value)> labels)
    {
        Family(name, "histogram", help);
        for (var bound = 0; bound < histogram.Bounds.Count; bound++) Bucket(Number(histogram.Bounds[bound], style), histogram.Cumulative(bound));
        Bucket("+Inf", histogram.Count);
        return Sample(name + "_count", labels, histogram.Count).Sample(name + "_sum", labels, histogram.Sum);

        void Bucket(string upTo, long count) => Sample(name + "_bucket", labels.Append(("le", upTo)).OrderBy(label => label.Item1, StringComparer.Ordinal), count);
    }

    /// <summary>A number as the library spells it.</summary>
    public static string Number(double value, NumberStyle style)
    {
        if (double.IsPositiveInfinity(value)) return "+Inf";
        if (double.IsNegativeInfinity(value)) return "-Inf";
        if (double.IsNaN(value)) return "NaN";
        // Python prints whole floats up to 1e16 in full; .NET would use an exponent from 1e15 on.
        if (value == Math.Floor(value) && Math.Abs(value) < 1e16)
        {
            var whole = ((long)value).ToString(CultureInfo.InvariantCulture);
            return style == NumberStyle.Python ? whole + ".0" : whole;
        }

        return value.ToString("R", CultureInfo.InvariantCulture).Replace("E", "e", StringComparison.Ordinal);
    }

    private static string Escaped(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
}
