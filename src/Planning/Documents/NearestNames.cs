namespace Nemotron.Planning;

/// <summary>Finds the known names closest to one that is not known, for "did you mean".</summary>
public static class NearestNames
{
    /// <summary>Up to <paramref name="count"/> names, closest first, by edit distance without regard to case. What was typed may be the beginning of a name (<c>H1000</c> is near
    /// <c>H100-SXM</c>), and a name that contains the other counts as close.</summary>
    /// <param name="wanted">What was asked for.</param>
    /// <param name="known">The names that exist.</param>
    /// <param name="count">How many to give at most.</param>
    public static IReadOnlyList<string> Of(string wanted, IEnumerable<string> known, int count = 3) =>
        [.. known.Distinct(StringComparer.OrdinalIgnoreCase)
            .Select(name => (name, distance: Distance(wanted, name)))
            .OrderBy(pair => pair.distance.Beginning).ThenBy(pair => pair.distance.Whole).ThenBy(pair => pair.name, StringComparer.Ordinal)
            .Take(count).Select(pair => pair.name)];

    // To the beginning of the name that is nearest, and to the whole of it.
    private static (int Beginning, int Whole) Distance(string left, string right)
    {
        var a = left.ToUpperInvariant();
        var b = right.ToUpperInvariant();
        var contained = a.Length > 1 && (b.Contains(a, StringComparison.Ordinal) || a.Contains(b, StringComparison.Ordinal));
        var previous = new int[b.Length + 1];
        var current = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++) previous[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                current[j] = Math.Min(replaced, Math.Min(previous[j], current[j - 1]) + 1);
            }
            (previous, current) = (current, previous);
        }
        // How much of a name was left out does not rank it.
        var whole = b.StartsWith(a, StringComparison.Ordinal) ? 0 : previous[b.Length];
        return (contained ? Math.Min(1, previous.Min()) : previous.Min(), whole);
    }
}
