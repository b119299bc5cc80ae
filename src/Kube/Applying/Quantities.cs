using System.Globalization;

namespace Nemotron.Kube;

/// <summary>Kubernetes quantities as numbers, to compare them: <c>1000m</c> is <c>1</c>, <c>1Gi</c> is <c>1024Mi</c>.</summary>
internal static class Quantities
{
    /// <summary>Whether both are quantities of the same value.</summary>
    internal static bool AreEqual(string left, string right) => TryParse(left, out var l) && TryParse(right, out var r) && l == r;

    internal static bool TryParse(string text, out decimal value)
    {
        value = 0;
        var end = text.Length;
        while (end > 0 && !char.IsAsciiDigit(text[end - 1]) && text[end - 1] != '.')
        {
            end--;
        }

        var suffix = text[end..];
        if (Factor(suffix) is not { } factor
            || !decimal.TryParse(text.AsSpan(0, end), NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        try
        {
            value = number * factor;
            return true;
        }
        catch (OverflowException)
        {
            return false;
        }
    }

    private static decimal? Factor(string suffix) => suffix switch
    {
        "" => 1m,
        "n" => 0.000000001m,
        "u" => 0.000001m,
        "m" => 0.001m,
        "k" => 1_000m,
        "M" => 1_000_000m,
        "G" => 1_000_000_000m,
        "T" => 1_000_000_000_000m,
        "P" => 1_000_000_000_000_000m,
        "E" => 1_000_000_000_000_000_000m,
        "Ki" => 1L << 10,
        "Mi" => 1L << 20,
        "Gi" => 1L << 30,
        "Ti" => 1L << 40,
        "Pi" => 1L << 50,
        "Ei" => 1L << 60,
        _ => null,
    };
}
