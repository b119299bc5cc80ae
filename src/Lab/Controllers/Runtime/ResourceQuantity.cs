using System.Globalization;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers;

/// <summary>Reads Kubernetes quantities (<c>500m</c>, <c>2Ti</c>, <c>1e3</c>) as whole thousandths.</summary>
internal static class ResourceQuantity
{
    private static readonly (string Suffix, decimal Factor)[] Suffixes =
    [
        ("Ki", 1024m), ("Mi", 1024m * 1024), ("Gi", 1024m * 1024 * 1024), ("Ti", 1024m * 1024 * 1024 * 1024),
        ("Pi", 1024m * 1024 * 1024 * 1024 * 1024), ("Ei", 1024m * 1024 * 1024 * 1024 * 1024 * 1024),
        ("n", 1e-9m), ("u", 1e-6m), ("m", 1e-3m), ("k", 1e3m), ("M", 1e6m), ("G", 1e9m), ("T", 1e12m), ("P", 1e15m), ("E", 1e18m),
    ];

    /// <summary>
    /// The quantity in thousandths, rounded up as the scheduler does; null when it is none. Values past the range of a long are capped.
    /// </summary>
    public static long? Milli(JsonNode? node)
    {
        if (node is not JsonValue) return null;
        var text = (node.Text() ?? node.ToJsonString()).Trim();
        var factor = 1m;
        foreach (var (suffix, size) in Suffixes)
        {
            if (!text.EndsWith(suffix, StringComparison.Ordinal)) continue;
            factor = size;
            text = text[..^suffix.Length];
            break;
        }

        if (!decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)) return null;
        try
        {
            var milli = Math.Ceiling(number * factor * 1000m);
            return milli >= long.MaxValue ? long.MaxValue : milli <= long.MinValue ? long.MinValue : (long)milli;
        }
        catch (OverflowException)
        {
            return long.MaxValue;
        }
    }
}
