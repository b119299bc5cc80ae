using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Schema;

/// <summary>Values printed the way the API server (a Go program) prints them, so that messages match letter by letter.</summary>
internal static class GoText
{
    /// <summary>Go's <c>%q</c> of a string.</summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var rune in text.EnumerateRunes())
            switch (rune.Value)
            {
                case '"': quoted.Append("\\\""); break;
                case '\\': quoted.Append("\\\\"); break;
                case 7: quoted.Append("\\a"); break;
                case '\b': quoted.Append("\\b"); break;
                case '\f': quoted.Append("\\f"); break;
                case '\n': quoted.Append("\\n"); break;
                case '\r': quoted.Append("\\r"); break;
                case '\t': quoted.Append("\\t"); break;
                case '\v': quoted.Append("\\v"); break;
                case < 0x20 or 0x7f: quoted.Append($"\\x{rune.Value:x2}"); break;
                case > 0x7f and <= 0xffff when !Printable(rune): quoted.Append($"\\u{rune.Value:x4}"); break;
                case > 0xffff when !Printable(rune): quoted.Append($"\\U{rune.Value:x8}"); break;
                default: quoted.Append(rune.ToString()); break;
            }
        return quoted.Append('"').ToString();
    }

    /// <summary>Go's <c>%v</c> of a float64: shortest digits, an exponent below 1e-4 and from 1e6.</summary>
    public static string Float(double value) => Float(value, smallestExponent: -4, largestExponent: 5, padExponent: true);

    /// <summary>A number as <c>%v</c> prints it.</summary>
    public static string Number(JsonNumber number) =>
        number.IsInteger ? number.Integer.ToString(CultureInfo.InvariantCulture) : Float(number.Real);

    /// <summary>A value as a field error prints it: strings quoted, scalars bare, the rest as JSON.</summary>
    public static string FieldValue(JsonNode? value)
    {
        if (value is null) return "null";
        if (JsonNumber.TryRead(value, out var number)) return Number(number);
        return value.GetValueKind() == JsonValueKind.String ? Quote(value.GetValue<string>()) : Json(value);
    }

    /// <summary>Go's <c>json.Marshal</c>: sorted keys, no spaces, <c>&lt;</c>, <c>&gt;</c> and <c>&amp;</c> escaped.</summary>
    public static string Json(JsonNode? value, bool sortKeys = true)
    {
        var text = new StringBuilder();
        Append(text, value, sortKeys);
        return text.ToString();
    }

    private static void Append(StringBuilder text, JsonNode? value, bool sortKeys)
    {
        switch (value)
        {
            case null:
                text.Append("null");
                break;
            case JsonObject o:
                text.Append('{');
                var first = true;
                foreach (var (key, item) in sortKeys ? o.OrderBy(p => p.Key, StringComparer.Ordinal) : o.AsEnumerable())
                {
                    if (!first) text.Append(',');
                    first = false;
                    AppendString(text, key);
                    text.Append(':');
                    Append(text, item, sortKeys);
                }
                text.Append('}');
                break;
            case JsonArray list:
                text.Append('[');
                for (var i = 0; i < list.Count; i++)
                {
                    if (i > 0) text.Append(',');
                    Append(text, list[i], sortKeys);
                }
                text.Append(']');
                break;
            default:
                if (JsonNumber.TryRead(value, out var number))
                    text.Append(number.IsInteger ? Number(number) : Float(number.Real, smallestExponent: -6, largestExponent: 20, padExponent: false));
                else if (value.GetValueKind() == JsonValueKind.String) AppendString(text, value.GetValue<string>());
                else text.Append(value.GetValueKind() == JsonValueKind.True ? "true" : "false");
                break;
        }
    }

    private static void AppendString(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in value)
            switch (c)
            {
                case '"': text.Append("\\\""); break;
                case '\\': text.Append("\\\\"); break;
                case '\b': text.Append("\\b"); break;
                case '\f': text.Append("\\f"); break;
                case '\n': text.Append("\\n"); break;
                case '\r': text.Append("\\r"); break;
                case '\t': text.Append("\\t"); break;
                case < ' ' or '<' or '>' or '&' or '\u2028' or '\u2029': text.Append($"\\u{(int)c:x4}"); break;
                default: text.Append(c); break;
            }
        text.Append('"');
    }

    private static string Float(double value, int smallestExponent, int largestExponent, bool padExponent)
    {
        if (double.IsNaN(value)) return "NaN";
        if (double.IsInfinity(value)) return value > 0 ? "+Inf" : "-Inf";
        var shortest = value.ToString("R", CultureInfo.InvariantCulture);
        var parts = shortest.TrimStart('-').Split('E');
        var whole = parts[0].Split('.')[0].TrimStart('0');
        var decimals = parts[0].Contains('.') ? parts[0].Split('.')[1] : "";
        var leadingZeros = decimals.Length - decimals.TrimStart('0').Length;
        var exponent = value == 0 ? 0
            : (parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0) + (whole.Length > 0 ? whole.Length - 1 : -leadingZeros - 1);
        var digits = new string([.. shortest.Split('E')[0].Where(char.IsAsciiDigit)]).TrimStart('0').TrimEnd('0');
        if (digits.Length == 0) digits = "0";
        var sign = shortest.StartsWith('-') ? "-" : "";
        if (exponent < smallestExponent || exponent > largestExponent)
        {
            var mantissa = digits.Length == 1 ? digits : digits[0] + "." + digits[1..];
            var magnitude = Math.Abs(exponent).ToString(padExponent ? "00" : "0", CultureInfo.InvariantCulture);
            return $"{sign}{mantissa}e{(exponent < 0 ? '-' : '+')}{magnitude}";
        }
        if (exponent < 0) return $"{sign}0.{new string('0', -exponent - 1)}{digits}";
        if (digits.Length <= exponent + 1) return sign + digits.PadRight(exponent + 1, '0');
        return $"{sign}{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }

    private static bool Printable(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.SpaceSeparator);
}
