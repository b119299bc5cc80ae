using System.Globalization;

namespace Nemotron.Cli;

/// <summary>Times between now and then, as kubectl shortens them: 45s, 3m12s, 2h5m, 4d3h.</summary>
internal static class Age
{
    /// <summary>The age of something made at a time; "?" where that is not known.</summary>
    public static string Of(DateTime? since, DateTimeOffset now) => since is { } from ? Of(now - new DateTimeOffset(DateTime.SpecifyKind(from, DateTimeKind.Utc))) : "?";

    /// <summary>A length of time; below zero, as clocks differ, it is none.</summary>
    public static string Of(TimeSpan time)
    {
        var (seconds, minutes, hours, days) = ((long)time.TotalSeconds, (long)time.TotalMinutes, (long)time.TotalHours, (long)time.TotalDays);
        return seconds <= 0 ? "0s"
            : seconds < 120 ? Text($"{seconds}s")
            : minutes < 10 ? Pair(minutes, "m", seconds - minutes * 60, "s")
            : hours < 3 ? Text($"{minutes}m")
            : hours < 8 ? Pair(hours, "h", minutes - hours * 60, "m")
            : hours < 48 ? Text($"{hours}h")
            : days < 8 ? Pair(days, "d", hours - days * 24, "h")
            : Text($"{days}d");
    }

    private static string Pair(long much, string unit, long little, string small) => little == 0 ? Text($"{much}{unit}") : Text($"{much}{unit}{little}{small}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
