using System.Globalization;
using System.Text.RegularExpressions;

namespace Nemotron.Lab.Api;

/// <summary>
/// Kubernetes' order of API versions: stable above beta above alpha, higher numbers above lower, anything else below, by name.
/// </summary>
internal sealed partial class KubeVersionOrder : IComparer<string>
{
    public static readonly KubeVersionOrder Instance = new();

    public int Compare(string? x, string? y)
    {
        var (a, b) = (Rank(x!), Rank(y!));
        return a == b && a.Stage < 0 ? string.CompareOrdinal(y, x) : a.CompareTo(b);
    }

    private static (int Stage, int Major, int Minor) Rank(string version)
    {
        var match = Pattern().Match(version);
        if (!match.Success) return (-1, 0, 0);
        int stage = match.Groups[2].Value switch { "alpha" => 0, "beta" => 1, _ => 2 };
        return (stage, Number(match.Groups[1]), Number(match.Groups[3]));
    }

    private static int Number(Group group) => int.TryParse(group.Value, CultureInfo.InvariantCulture, out int n) ? n : 0;

    [GeneratedRegex("^v([0-9]+)(?:(alpha|beta)([0-9]+))?$")]
    private static partial Regex Pattern();
}
