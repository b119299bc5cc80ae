using System.Globalization;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers.Workloads;

/// <summary>Resolves int-or-string fields such as <c>maxSurge: 25%</c>.</summary>
internal static class IntOrPercent
{
    /// <summary>The number, a percentage taken of <paramref name="total"/> and rounded up or down.</summary>
    /// <param name="node">The field; null takes <paramref name="fallback"/>.</param>
    /// <param name="total">What 100 % is.</param>
    /// <param name="roundUp">Whether a fraction counts as one more.</param>
    /// <param name="fallback">The value of an absent field.</param>
    public static int Resolve(JsonNode? node, int total, bool roundUp, string fallback)
    {
        if (node.Whole() is { } whole) return (int)whole;
        var text = node.Text() ?? fallback;
        if (!text.EndsWith('%')) return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var plain) ? plain : 0;
        if (!double.TryParse(text[..^1], NumberStyles.Float, CultureInfo.InvariantCulture, out var percent)) return 0;
        var share = percent * total / 100;
        return (int)(roundUp ? Math.Ceiling(share) : Math.Floor(share));
    }

    /// <summary>Whether the field is a percentage.</summary>
    public static bool IsPercent(JsonNode? node) => node.Text() is { } text && text.EndsWith('%');
}
