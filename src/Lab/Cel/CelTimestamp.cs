using System.Globalization;
using System.Text.RegularExpressions;

namespace Nemotron.Lab.Cel;

/// <summary>A CEL <c>timestamp</c>: an instant from year 1 to 9999, in nanoseconds.</summary>
/// <param name="Seconds">Seconds since 1970-01-01T00:00:00Z.</param>
/// <param name="Nanos">Nanoseconds beyond <paramref name="Seconds"/>, 0 to 999,999,999.</param>
internal readonly partial record struct CelTimestamp(long Seconds, int Nanos) : IComparable<CelTimestamp>
{
    private const long MinSeconds = -62135596800;
    private const long MaxSeconds = 253402300799;

    /// <summary>Whether the instant lies within the years 1 to 9999.</summary>
    public bool InRange => Seconds is >= MinSeconds and <= MaxSeconds;

    /// <inheritdoc/>
    public int CompareTo(CelTimestamp other) => Seconds != other.Seconds ? Seconds.CompareTo(other.Seconds) : Nanos.CompareTo(other.Nanos);

    /// <summary>The instant as .NET holds it, cut to 100 ns.</summary>
    public DateTimeOffset ToDateTimeOffset() => DateTimeOffset.FromUnixTimeSeconds(Seconds).AddTicks(Nanos / 100);

    /// <summary>Parses RFC 3339, such as <c>2026-01-02T03:04:05.678+02:00</c>.</summary>
    public static bool TryParse(string text, out CelTimestamp timestamp)
    {
        timestamp = default;
        var match = Rfc3339().Match(text);
        if (!match.Success) return false;
        if (!DateTime.TryParseExact(match.Groups["t"].Value.ToUpperInvariant(), "yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)) return false;
        var offset = 0;
        if (match.Groups["h"].Success)
        {
            var hours = int.Parse(match.Groups["h"].ValueSpan, CultureInfo.InvariantCulture);
            var minutes = int.Parse(match.Groups["m"].ValueSpan, CultureInfo.InvariantCulture);
            if (hours > 23 || minutes > 59) return false;
            offset = (hours * 3600) + (minutes * 60);
            if (match.Groups["s"].Value == "-") offset = -offset;
        }
        var fraction = match.Groups["f"].Value;
        var nanos = fraction.Length == 0 ? 0 : int.Parse(fraction.PadRight(9, '0')[..9], CultureInfo.InvariantCulture);
        timestamp = new CelTimestamp(new DateTimeOffset(time).ToUnixTimeSeconds() - offset, nanos);
        return timestamp.InRange;
    }

    /// <summary>The instant moved by <paramref name="duration"/>; may leave the range.</summary>
    public CelTimestamp Add(CelDuration duration)
    {
        var nanos = Nanos + (duration.Nanoseconds % CelDuration.Second);
        var seconds = Seconds + (duration.Nanoseconds / CelDuration.Second);
        if (nanos < 0) (seconds, nanos) = (seconds - 1, nanos + CelDuration.Second);
        if (nanos >= CelDuration.Second) (seconds, nanos) = (seconds + 1, nanos - CelDuration.Second);
        return new CelTimestamp(seconds, (int)nanos);
    }

    /// <summary>RFC 3339 in UTC, with as many decimals as needed.</summary>
    public override string ToString()
    {
        var whole = DateTimeOffset.FromUnixTimeSeconds(Seconds).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);
        return Nanos == 0 ? whole + "Z" : $"{whole}.{Nanos.ToString("000000000", CultureInfo.InvariantCulture).TrimEnd('0')}Z";
    }

    [GeneratedRegex(@"^(?<t>\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(\.(?<f>\d+))?([Zz]|(?<s>[-+])(?<h>\d\d):(?<m>\d\d))\z")]
    private static partial Regex Rfc3339();
}
