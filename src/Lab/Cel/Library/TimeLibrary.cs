using System.Globalization;
using System.Text.RegularExpressions;
using static Nemotron.Lab.Cel.FunctionTable;

namespace Nemotron.Lab.Cel;

/// <summary>Parts of instants and durations. Time zones are UTC, an offset such as <c>+02:00</c>, or an IANA name.</summary>
internal static partial class TimeLibrary
{
    /// <summary>Adds them.</summary>
    public static void AddTo(FunctionTable table)
    {
        Part(table, "getFullYear", t => t.Year);
        Part(table, "getMonth", t => t.Month - 1);
        Part(table, "getDate", t => t.Day);
        Part(table, "getDayOfMonth", t => t.Day - 1);
        Part(table, "getDayOfWeek", t => (int)t.DayOfWeek);
        Part(table, "getDayOfYear", t => t.DayOfYear - 1);
        Part(table, "getHours", t => t.Hour, d => d.Nanoseconds / (3600 * CelDuration.Second));
        Part(table, "getMinutes", t => t.Minute, d => d.Nanoseconds / (60 * CelDuration.Second));
        Part(table, "getSeconds", t => t.Second, d => d.Nanoseconds / CelDuration.Second);
        Part(table, "getMilliseconds", t => t.Millisecond, d => d.Nanoseconds / 1_000_000);
    }

    private static void Part(FunctionTable table, string name, Func<DateTimeOffset, int> ofInstant, Func<CelDuration, long>? ofDuration = null)
    {
        var overloads = new List<Overload>
        {
            Member(CelType.Int, CelType.Timestamp),
            Member(CelType.Int, CelType.Timestamp, CelType.String),
        };
        if (ofDuration is not null) overloads.Add(Member(CelType.Int, CelType.Duration));
        table.Add(name, args => args switch
        {
            [CelTimestamp t] => (long)ofInstant(t.ToDateTimeOffset()),
            [CelTimestamp t, string zone] => InZone(t.ToDateTimeOffset(), zone) is { } local ? (long)ofInstant(local) : new CelError($"unknown time zone {zone}"),
            [CelDuration d] when ofDuration is not null => ofDuration(d),
            _ => CelError.NoSuchOverload,
        }, overloads);
    }

    private static DateTimeOffset? InZone(DateTimeOffset instant, string zone)
    {
        try
        {
            var match = Offset().Match(zone);
            if (!match.Success) return TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var info) ? TimeZoneInfo.ConvertTime(instant, info) : null;
            var span = new TimeSpan(int.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture), int.Parse(match.Groups[3].ValueSpan, CultureInfo.InvariantCulture), 0);
            return instant.ToOffset(match.Groups[1].Value == "-" ? -span : span);
        }
        catch (ArgumentException)
        {
            return null; // an offset beyond 14 hours, or one that leaves the years 1 to 9999
        }
    }

    [GeneratedRegex(@"^([-+]?)(\d\d):(\d\d)\z")]
    private static partial Regex Offset();
}
