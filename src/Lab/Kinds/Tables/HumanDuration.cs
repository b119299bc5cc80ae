namespace Nemotron.Lab.Kinds.Tables;

/// <summary>Durations as kubectl shows ages: the two largest units while the larger is small.</summary>
internal static class HumanDuration
{
    private const int HoursPerYear = 365 * 24;

    /// <summary>Such as <c>45s</c>, <c>3m12s</c>, <c>5h10m</c>, <c>3d4h</c>, <c>2y45d</c>. A clock that lags by a second shows <c>0s</c>.</summary>
    public static string Of(TimeSpan age)
    {
        var seconds = (long)age.TotalSeconds;
        if (seconds < -1) return "<invalid>";
        if (seconds < 0) return "0s";
        if (seconds < 120) return $"{seconds}s";
        var minutes = seconds / 60;
        if (minutes < 10) return Two(minutes, "m", seconds % 60, "s");
        if (minutes < 180) return $"{minutes}m";
        var hours = minutes / 60;
        if (hours < 8) return Two(hours, "h", minutes % 60, "m");
        if (hours < 48) return $"{hours}h";
        if (hours < 8 * 24) return Two(hours / 24, "d", hours % 24, "h");
        if (hours < 2 * HoursPerYear) return $"{hours / 24}d";
        if (hours < 8 * HoursPerYear) return Two(hours / HoursPerYear, "y", hours / 24 % 365, "d");
        return $"{hours / HoursPerYear}y";
    }

    private static string Two(long large, string largeUnit, long small, string smallUnit) =>
        small == 0 ? $"{large}{largeUnit}" : $"{large}{largeUnit}{small}{smallUnit}";
}
