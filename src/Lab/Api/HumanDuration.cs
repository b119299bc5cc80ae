using System.Globalization;

namespace Nemotron.Lab.Api;

/// <summary>Ages as kubectl shows them: two units at most, coarser as they grow.</summary>
internal static class HumanDuration
{
    public static string Format(TimeSpan age)
    {
        long seconds = (long)Math.Floor(age.TotalSeconds);
        if (seconds < -1) return "<invalid>";
        if (seconds < 0) return "0s";
        if (seconds < 120) return Unit(seconds, "s");
        long minutes = seconds / 60;
        if (minutes < 10) return seconds % 60 == 0 ? Unit(minutes, "m") : Unit(minutes, "m") + Unit(seconds % 60, "s");
        if (minutes < 180) return Unit(minutes, "m");
        long hours = minutes / 60;
        if (hours < 8) return minutes % 60 == 0 ? Unit(hours, "h") : Unit(hours, "h") + Unit(minutes % 60, "m");
        if (hours < 48) return Unit(hours, "h");
        if (hours < 192) return hours % 24 == 0 ? Unit(hours / 24, "d") : Unit(hours / 24, "d") + Unit(hours % 24, "h");
        long days = hours / 24;
        if (days < 365 * 2) return Unit(days, "d");
        if (days < 365 * 8) return days / 365 is var years && days % 365 == 0 ? Unit(years, "y") : Unit(days / 365, "y") + Unit(days % 365, "d");
        return Unit(days / 365, "y");
    }

    private static string Unit(long count, string unit) => count.ToString(CultureInfo.InvariantCulture) + unit;
}
