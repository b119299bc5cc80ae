using System.Buffers;
using System.Globalization;
using System.Text;

namespace Nemotron.Planning;

/// <summary>Durations as Kubernetes writes them: <c>500ms</c>, <c>90s</c>, <c>1h30m</c>.</summary>
internal static class DocumentDuration
{
    private static readonly SearchValues<char> NumberChars = SearchValues.Create("0123456789.");

    private static readonly (string Unit, TimeSpan Length)[] Units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)), ("h", TimeSpan.FromHours(1)), ("m", TimeSpan.FromMinutes(1)), ("s", TimeSpan.FromSeconds(1)),
    ];

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        var rest = text.AsSpan();
        if (rest is "0") return true;
        if (rest.IsEmpty) return false;
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept(NumberChars);
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)) return false;
            rest = rest[digits..];
            var found = false;
            foreach (var (unit, length) in Units)
            {
                if (!rest.StartsWith(unit, StringComparison.Ordinal)) continue;
                var part = count * length.TotalSeconds;
                if (part > TimeSpan.FromDays(3650).TotalSeconds) return false;
                duration += TimeSpan.FromSeconds(part);
                rest = rest[unit.Length..];
                found = true;
                break;
            }

            if (!found) return false;
        }

        return true;
    }

    public static string Format(TimeSpan duration)
    {
        var text = new StringBuilder();
        var rest = duration;
        foreach (var (unit, length) in new[] { Units[1], Units[2], Units[3], Units[0] })
        {
            var count = (long)(rest / length);
            if (count == 0) continue;
            text.Append(CultureInfo.InvariantCulture, $"{count}{unit}");
            rest -= count * length;
        }

        return text.Length == 0 ? "0s" : text.ToString();
    }
}
