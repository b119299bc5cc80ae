using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Nemotron.Lab.Kinds;

/// <summary>A Kubernetes quantity: an exact decimal with the suffix family it was written in, printed in the server's canonical form.</summary>
/// <param name="Amount">The value in base units.</param>
/// <param name="Family">Which suffixes it prints with.</param>
internal readonly partial record struct Quantity(decimal Amount, Quantity.Suffixes Family)
{
    /// <summary>Suffix families.</summary>
    internal enum Suffixes
    {
        /// <summary>n, u, m, k, M, G, T, P, E.</summary>
        Decimal,

        /// <summary>Ki, Mi, Gi, Ti, Pi, Ei.</summary>
        Binary,

        /// <summary>e3, E6, …</summary>
        Exponent,
    }

    private static readonly string[] Binary = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

    private static readonly (string Suffix, decimal Factor)[] Decimals =
    [
        ("n", 1e-9m), ("u", 1e-6m), ("m", 1e-3m), ("", 1m), ("k", 1e3m), ("M", 1e6m), ("G", 1e9m), ("T", 1e12m), ("P", 1e15m), ("E", 1e18m),
    ];

    [GeneratedRegex(@"^([+-]?[0-9]+\.?[0-9]*|[+-]?\.[0-9]+)([eE][+-]?[0-9]+|[KMGTPE]i|[numkMGTPE])?$", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();

    /// <summary>Reads a JSON string or number; false when it is no quantity.</summary>
    public static bool TryParse(JsonNode? value, out Quantity quantity)
    {
        quantity = default;
        return value is JsonValue scalar && scalar.GetValueKind() switch
        {
            JsonValueKind.String => TryParse(scalar.GetValue<string>(), out quantity),
            JsonValueKind.Number => TryParse(scalar.ToJsonString(), out quantity),
            _ => false,
        };
    }

    /// <summary>Reads text such as <c>500m</c>, <c>2Ti</c>, <c>1e3</c>; false when it is no quantity.</summary>
    public static bool TryParse(string text, out Quantity quantity)
    {
        quantity = default;
        var match = Pattern().Match(text);
        if (!match.Success) return false;
        if (!decimal.TryParse(match.Groups[1].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)) return false;
        var suffix = match.Groups[2].Value;
        try
        {
            if (suffix.Length > 1 && suffix[0] is 'e' or 'E')
            {
                var exponent = int.Parse(suffix[1..], CultureInfo.InvariantCulture);
                quantity = new Quantity(number * Power(10, exponent), Suffixes.Exponent);
                return true;
            }
            var binary = suffix.Length == 2 ? Array.IndexOf(Binary, suffix) : 0;
            if (binary > 0) quantity = new Quantity(number * Power(1024, binary), Suffixes.Binary);
            else quantity = new Quantity(number * Decimals.First(known => known.Suffix == suffix).Factor, Suffixes.Decimal);
            return true;
        }
        catch (OverflowException)
        {
            return false;
        }
    }

    /// <summary>Whether the value is a whole number.</summary>
    public bool IsInteger => decimal.Truncate(Amount) == Amount;

    /// <summary>The canonical text: the largest suffix that leaves no fraction.</summary>
    public override string ToString()
    {
        if (Amount == 0) return "0";
        var amount = Amount;
        if (Family == Suffixes.Binary && IsInteger)
        {
            // Below 1024 a binary quantity has no suffix to lose.
            var steps = 0;
            while (steps < Binary.Length - 1 && amount % 1024 == 0)
            {
                amount /= 1024;
                steps++;
            }
            return Plain(amount) + Binary[steps];
        }
        foreach (var (suffix, factor) in Decimals.Reverse())
        {
            if (amount % factor != 0) continue;
            var power = (int)Math.Round(Math.Log10((double)factor));
            return Plain(amount / factor) + (Family == Suffixes.Exponent && power != 0 ? $"e{power}" : suffix);
        }
        // Finer than a nano: the server rounds up.
        return Plain(decimal.Ceiling(amount / 1e-9m)) + "n";
    }

    private static string Plain(decimal whole) => decimal.Truncate(whole).ToString("0", CultureInfo.InvariantCulture);

    private static decimal Power(int radix, int exponent)
    {
        var result = 1m;
        for (var i = 0; i < Math.Abs(exponent); i++) result *= radix;
        return exponent < 0 ? 1m / result : result;
    }
}
