using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nemotron.Crds;

/// <summary>
/// A span of time as Kubernetes writes it (<c>metav1.Duration</c>, Go's duration text): <c>300ms</c>, <c>90s</c>, <c>1h30m</c>, <c>1.5h</c>, <c>-2m</c>, <c>0</c>.
/// Resolution is 100 ns; smaller units are rounded to it.
/// </summary>
/// <param name="Value">The span.</param>
[JsonConverter(typeof(DurationJsonConverter))]
public readonly record struct Duration(TimeSpan Value) : IComparable<Duration>
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    private static readonly (string Unit, decimal Ticks)[] Units =
    [
        ("ns", 0.01m), ("us", 10m), ("\u00b5s", 10m), ("\u03bcs", 10m), ("ms", TimeSpan.TicksPerMillisecond),
        ("s", TimeSpan.TicksPerSecond), ("m", TimeSpan.TicksPerMinute), ("h", TimeSpan.TicksPerHour),
    ];

    /// <summary>Wraps a span.</summary>
    /// <param name="value">The span.</param>
    public static implicit operator Duration(TimeSpan value) => new(value);

    /// <summary>Unwraps the span.</summary>
    /// <param name="value">The duration.</param>
    public static implicit operator TimeSpan(Duration value) => value.Value;

    /// <inheritdoc/>
    public int CompareTo(Duration other) => Value.CompareTo(other.Value);

    /// <summary>Whether one is shorter.</summary>
    public static bool operator <(Duration left, Duration right) => left.Value < right.Value;

    /// <summary>Whether one is longer.</summary>
    public static bool operator >(Duration left, Duration right) => left.Value > right.Value;

    /// <summary>Whether one is not longer.</summary>
    public static bool operator <=(Duration left, Duration right) => left.Value <= right.Value;

    /// <summary>Whether one is not shorter.</summary>
    public static bool operator >=(Duration left, Duration right) => left.Value >= right.Value;

    /// <summary>Reads Go's duration text.</summary>
    /// <param name="text">Such as <c>1h2m3.5s</c>: decimal numbers, each with a unit of <c>h m s ms us ns</c>, an optional sign before all; or <c>0</c>.</param>
    /// <exception cref="FormatException">The text is no duration, or beyond the range of <see cref="TimeSpan"/> (about 29,000 years).</exception>
    public static Duration Parse(string text) =>
        TryParse(text, out var value) ? value : throw new FormatException($"'{text}' is not a duration such as 90s, 5m or 1h30m");

    /// <summary>Reads Go's duration text without an exception.</summary>
    /// <param name="text">The text; see <see cref="Parse"/>.</param>
    /// <param name="value">The duration, or zero.</param>
    public static bool TryParse(string? text, out Duration value)
    {
        value = default;
        if (string.IsNullOrEmpty(text))
            return false;
        var rest = text.AsSpan();
        var negative = rest[0] == '-';
        if (rest[0] is '-' or '+')
            rest = rest[1..];
        if (rest is "0")
            return true;
        if (rest.IsEmpty)
            return false;

        decimal ticks = 0;
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept(NumberCharacters);
            if (digits <= 0 || digits > 24)
                return false;
            if (!decimal.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
                return false;
            rest = rest[digits..];
            var length = rest.IndexOfAny(NumberCharacters);
            var unit = length < 0 ? rest : rest[..length];
            if (!TryUnit(unit, out var unitTicks))
                return false;
            rest = rest[unit.Length..];
            if (number > long.MaxValue / unitTicks)
                return false;
            ticks += number * unitTicks;
            if (ticks > long.MaxValue + 1m)
                return false;
        }

        var whole = decimal.Round(negative ? -ticks : ticks);
        if (whole > long.MaxValue)
            return false;
        value = TimeSpan.FromTicks((long)whole);
        return true;
    }

    /// <summary>Go's own form: <c>1h2m3.5s</c>, <c>90s</c> as <c>1m30s</c>, below a second <c>300ms</c>, <c>250µs</c> or <c>100ns</c>, zero as <c>0s</c>.</summary>
    public override string ToString()
    {
        if (Value == TimeSpan.Zero)
            return "0s";
        var text = new StringBuilder();
        if (Value < TimeSpan.Zero)
            text.Append('-');
        // The magnitude as unsigned, since the smallest TimeSpan has no positive counterpart.
        var ticks = Value.Ticks < 0 ? (ulong)-(Value.Ticks + 1) + 1 : (ulong)Value.Ticks;
        if (ticks < TimeSpan.TicksPerMillisecond / 1000)
            return text.Append(ticks * 100).Append("ns").ToString();
        if (ticks < TimeSpan.TicksPerMillisecond)
            return text.Append(Decimal(ticks, 10)).Append("\u00b5s").ToString();
        if (ticks < TimeSpan.TicksPerSecond)
            return text.Append(Decimal(ticks, TimeSpan.TicksPerMillisecond)).Append("ms").ToString();
        var hours = ticks / TimeSpan.TicksPerHour;
        var minutes = ticks % TimeSpan.TicksPerHour / TimeSpan.TicksPerMinute;
        if (hours > 0)
            text.Append(hours).Append('h');
        if (hours > 0 || minutes > 0)
            text.Append(minutes).Append('m');
        return text.Append(Decimal(ticks % TimeSpan.TicksPerMinute, TimeSpan.TicksPerSecond)).Append('s').ToString();
    }

    private static string Decimal(ulong ticks, long unit) =>
        ((decimal)ticks / unit).ToString("0.#######", CultureInfo.InvariantCulture);

    private static bool TryUnit(ReadOnlySpan<char> unit, out decimal ticks)
    {
        foreach (var (name, value) in Units)
        {
            if (unit.SequenceEqual(name))
            {
                ticks = value;
                return true;
            }
        }

        ticks = 0;
        return false;
    }
}

/// <summary>Writes a <see cref="Duration"/> as its text.</summary>
public sealed class DurationJsonConverter : JsonConverter<Duration>
{
    /// <inheritdoc/>
    public override Duration Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Duration.TryParse(reader.GetString(), out var value)
            ? value
            : throw new JsonException("expected a duration such as 90s, 5m or 1h30m");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Duration value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
