using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace Nemotron.Lab.Cel;

/// <summary>A Kubernetes quantity: a whole number of nano-units (rounded up, as the server does), and how it was written.</summary>
/// <param name="Nanos">The value times 10^9.</param>
/// <param name="Suffix">The suffix it was written with, empty for none.</param>
internal sealed partial record QuantityValue(BigInteger Nanos, string Suffix) : ICelOpaque
{
    private const int Scale = 1_000_000_000;

    private static readonly Dictionary<string, BigInteger> Units = new(StringComparer.Ordinal)
    {
        ["n"] = 1, ["u"] = 1_000, ["m"] = 1_000_000, [""] = Scale,
        ["k"] = Scale * BigInteger.Pow(10, 3), ["M"] = Scale * BigInteger.Pow(10, 6), ["G"] = Scale * BigInteger.Pow(10, 9),
        ["T"] = Scale * BigInteger.Pow(10, 12), ["P"] = Scale * BigInteger.Pow(10, 15), ["E"] = Scale * BigInteger.Pow(10, 18),
        ["Ki"] = Scale * BigInteger.Pow(2, 10), ["Mi"] = Scale * BigInteger.Pow(2, 20), ["Gi"] = Scale * BigInteger.Pow(2, 30),
        ["Ti"] = Scale * BigInteger.Pow(2, 40), ["Pi"] = Scale * BigInteger.Pow(2, 50), ["Ei"] = Scale * BigInteger.Pow(2, 60),
    };

    /// <inheritdoc/>
    public string TypeName => QuantityLibrary.TypeName;

    /// <summary>Whether the value has no fraction.</summary>
    public bool IsWhole => Nanos % Scale == 0;

    /// <summary>Whether the value is whole and fits 64 bits.</summary>
    public bool IsInteger => IsWhole && Nanos / Scale >= long.MinValue && Nanos / Scale <= long.MaxValue;

    /// <summary>The value, when <see cref="IsInteger"/>.</summary>
    public long Integer => (long)(Nanos / Scale);

    /// <summary>The nearest double.</summary>
    public double Approximate => (double)Nanos / Scale;

    /// <summary>The sign: -1, 0 or 1.</summary>
    public int Sign => Nanos.Sign;

    /// <summary>Parses a quantity such as <c>1500m</c>, <c>80Gi</c>, <c>1e3</c>.</summary>
    public static QuantityValue? Parse(string text)
    {
        var match = Whole().Match(text);
        if (!match.Success || text.Length > 100) return null;
        var whole = match.Groups["whole"].Value;
        var fraction = match.Groups["fraction"].Value;
        if (whole.Length + fraction.Length == 0) return null;
        var digits = BigInteger.Parse("0" + whole + fraction, CultureInfo.InvariantCulture);
        var suffix = match.Groups["suffix"].Value;
        BigInteger numerator;
        var power = -fraction.Length;
        if (match.Groups["exponent"].Success)
        {
            var exponent = int.Parse(match.Groups["exponent"].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            if (Math.Abs(exponent) > 100) return null;
            power += exponent;
            numerator = digits * Scale;
            suffix = "e";
        }
        else numerator = digits * Units[suffix];
        var nanos = power >= 0 ? numerator * BigInteger.Pow(10, power) : RoundUp(numerator, BigInteger.Pow(10, -power));
        return new QuantityValue(text[0] == '-' ? -nanos : nanos, suffix);
    }

    /// <summary>Equal by value, however written.</summary>
    public bool Equals(QuantityValue? other) => other is not null && Nanos == other.Nanos;

    /// <inheritdoc/>
    public override int GetHashCode() => Nanos.GetHashCode();

    /// <summary>The canonical form: the largest suffix of its family that leaves no fraction.</summary>
    public override string ToString()
    {
        if (Nanos.IsZero) return "0";
        var binary = Suffix.EndsWith('i') && BigInteger.Abs(Nanos) >= Units["Ki"] && IsWhole;
        var family = binary ? new[] { "Ei", "Pi", "Ti", "Gi", "Mi", "Ki", "" } : ["E", "P", "T", "G", "M", "k", "", "m", "u", "n"];
        var unit = family.First(u => Nanos % Units[u] == 0);
        var count = (Nanos / Units[unit]).ToString(CultureInfo.InvariantCulture);
        if (Suffix != "e" || unit.Length == 0) return count + unit;
        return $"{count}e{(int)Math.Round(BigInteger.Log10(Units[unit])) - 9}";
    }

    private static BigInteger RoundUp(BigInteger numerator, BigInteger divisor)
    {
        var quotient = BigInteger.DivRem(numerator, divisor, out var rest);
        return rest.IsZero ? quotient : quotient + 1;
    }

    [GeneratedRegex(@"^[-+]?(?<whole>\d*)(\.(?<fraction>\d*))?([eE](?<exponent>[-+]?\d{1,5})|(?<suffix>n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?)\z")]
    private static partial Regex Whole();
}
