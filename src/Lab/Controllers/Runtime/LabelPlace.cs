namespace Nemotron.Lab.Controllers;

/// <summary>Names the places under which objects are kept by namespace and label, so that a selector looks at few of them.</summary>
internal static class LabelPlace
{
    /// <summary>The place of everything in a namespace.</summary>
    public static string Of(string? ns) => ns ?? "";

    /// <summary>The place of what carries a label in a namespace.</summary>
    public static string Of(string? ns, string label, string value) => $"{ns}\n{label}={value}";

    /// <summary>The least crowded place that holds all that a selector can match.</summary>
    /// <param name="ns">The namespace.</param>
    /// <param name="selector">The selector.</param>
    /// <param name="crowd">How many are at a place.</param>
    public static string Rarest(string? ns, LabelSelector selector, Func<string, int> crowd)
    {
        string? rarest = null;
        var fewest = int.MaxValue;
        foreach (var (label, value) in selector.Demanded)
        {
            var place = Of(ns, label, value);
            var count = crowd(place);
            if (count >= fewest) continue;
            (rarest, fewest) = (place, count);
        }

        return rarest ?? Of(ns);
    }
}
