using System.Globalization;
using System.Text.RegularExpressions;

namespace Nemotron.Lab.Cel;

/// <summary>A CEL <c>duration</c>: nanoseconds in 64 bits, as Go has it (about ±292 years).</summary>
/// <param name="Nanoseconds">The length in nanoseconds.</param>
internal readonly partial record struct CelDuration(long Nanoseconds) : IComparable<CelDuration>
{
    /// <summary>Nanoseconds in one second.</summary>
    public const long Second = 1_000_000_000;

    /// <inheritdoc/>
    public int CompareTo(CelDuration other) => Nanoseconds.CompareTo(other.Nanoseconds);

    /// <summary>Parses what CEL's <c>duration()</c> takes: <c>1h30m</c>, <c>-1.5s</c>, <c>0</c>.</summary>
    public static bool TryParse(string text, out CelDuration duration)
    {
        duration = default;
        if (text is "0" or "+0" or "-0") return true;
        var match = Whole().Match(text);
        if (!match.Success) return false;
        decimal total = 0;
        for (var i = 0; i < match.Groups["n"].Captures.Count; i++)
        {
            if (!decimal.TryParse("0" + match.Groups["n"].Captures[i].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)) return false;
            if (count > long.MaxValue) return false;
            total += count * Unit(match.Groups["u"].Captures[i].Value);
            if (total > long.MaxValue) return false;
        }
        duration = new CelDuration((long)(text[0] == '-' ? -total : total));
        return true;
    }

    /// <summary>Parses what the schema format <c>duration</c> takes: all of the above, and words such as <c>3 days</c> or <c>1w</c>.</summary>
    public static bool TryParseLoose(string text, out CelDuration duration)
    {
        if (TryParse(text, out duration)) return true;
        var match = Words().Match(text);
        if (!match.Success) return false;
        decimal total = 0;
        for (var i = 0; i < match.Groups["n"].Captures.Count; i++)
        {
            if (!decimal.TryParse(match.Groups["n"].Captures[i].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)) return false;
            var unit = WordUnit(match.Groups["u"].Captures[i].Value);
            if (unit == 0 || count > long.MaxValue / unit) return false;
            total += count * unit;
        }
        if (total > long.MaxValue) return false;
        duration = new CelDuration((long)total);
        return true;
    }

    /// <summary>CEL's <c>string(duration)</c>: decimal seconds, <c>5400s</c>.</summary>
    public override string ToString()
    {
        var whole = Math.Abs((decimal)Nanoseconds) / Second;
        return $"{(Nanoseconds < 0 ? "-" : "")}{whole.ToString("0.#########", CultureInfo.InvariantCulture)}s";
    }

    private static long Unit(string unit) => unit switch
    {
        "ns" => 1,
        "us" or "µs" or "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => Second,
        "m" => 60 * Second,
        _ => 3600 * Second,
    };

    private static long WordUnit(string unit) => unit switch
    {
        "ns" or "nano" => 1,
        "us" or "µs" or "micro" => 1_000,
        "ms" or "milli" => 1_000_000,
        "s" or "sec" or "secs" or "second" or "seconds" => Second,
        "m" or "min" or "mins" or "minute" or "minutes" => 60 * Second,
        "h" or "hr" or "hour" or "hours" => 3600 * Second,
        "d" or "day" or "days" => 24 * 3600 * Second,
        "w" or "wk" or "week" or "weeks" => 7 * 24 * 3600 * Second,
        _ => 0,
    };

    [GeneratedRegex(@"^[-+]?((?<n>[0-9]+(\.[0-9]*)?|\.[0-9]+)(?<u>ns|us|µs|μs|ms|s|m|h))+\z")]
    private static partial Regex Whole();

    [GeneratedRegex(@"^((?<n>[0-9]+(\.[0-9]+)?)\s*(?<u>[a-zµ]+)\s*)+\z")]
    private static partial Regex Words();
}
