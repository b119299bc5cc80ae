using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Schema;

/// <summary>
/// A JSON number as the API server holds it: a 64-bit integer when the text is one (<c>1</c>), else a double (<c>1.0</c>, <c>1e3</c>, and integers beyond 64 bits).
/// </summary>
/// <param name="IsInteger">Whether <paramref name="Integer"/> holds the value.</param>
/// <param name="Integer">The value as an integer.</param>
/// <param name="Real">The value as a double, when it is not an integer.</param>
internal readonly record struct JsonNumber(bool IsInteger, long Integer, double Real)
{
    /// <summary>The value as a double; integers beyond 2^53 lose precision.</summary>
    public double AsDouble => IsInteger ? Integer : Real;

    /// <summary>Whether the value has no fraction: <c>1</c> and <c>1.0</c> alike.</summary>
    public bool IsWhole => IsInteger || (double.IsFinite(Real) && Math.Floor(Real) == Real);

    /// <summary>Reads <paramref name="node"/>; false when it is no number.</summary>
    public static bool TryRead(JsonNode? node, out JsonNumber number)
    {
        number = default;
        if (node is not JsonValue value || value.GetValueKind() != JsonValueKind.Number) return false;
        if (value.TryGetValue<int>(out var small) && !value.TryGetValue<JsonElement>(out _))
        {
            number = new JsonNumber(true, small, 0);
            return true;
        }
        // The text decides, since 1 and 1.0 differ to the server. A double made in code prints without a fraction when whole.
        return TryParse(value.TryGetValue<JsonElement>(out var element) ? element.GetRawText() : value.ToJsonString(), out number);
    }

    private static bool TryParse(string text, out JsonNumber number)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer))
        {
            number = new JsonNumber(true, integer, 0);
            return true;
        }
        var isReal = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real);
        number = new JsonNumber(false, 0, real);
        return isReal;
    }
}
