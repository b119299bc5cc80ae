using System.Globalization;
using System.Text.RegularExpressions;

namespace Nemotron.Engines.Launch;

/// <summary>A release: <c>1.2.1</c>, <c>1.3.0rc7</c>, <c>26.04</c>. A candidate comes before its release.</summary>
/// <param name="Major">The first number.</param>
/// <param name="Minor">The second.</param>
/// <param name="Patch">The third; 0 where there is none.</param>
/// <param name="Candidate">The number of the release candidate; null for a release.</param>
public readonly partial record struct EngineVersion(int Major, int Minor, int Patch = 0, int? Candidate = null) : IComparable<EngineVersion>
{
    /// <summary>Reads a version; what follows the numbers and the candidate, such as <c>-trtllm-python-py3</c> or <c>.post1</c>, is passed over.</summary>
    /// <returns>Null when the text does not begin with one.</returns>
    public static EngineVersion? TryParse(string text)
    {
        var match = Numbers().Match(text);
        if (!match.Success) return null;
        return new EngineVersion(Whole("major"), Whole("minor"), match.Groups["patch"].Success ? Whole("patch") : 0, match.Groups["rc"].Success ? Whole("rc") : null);

        int Whole(string name) => int.Parse(match.Groups[name].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);
    }

    /// <summary>Reads a version that is known to be one.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static EngineVersion Parse(string text) => TryParse(text) ?? throw new FormatException($"\"{text}\" is no version such as 1.2.1 or 1.3.0rc7.");

    /// <inheritdoc/>
    public int CompareTo(EngineVersion other) =>
        (Major, Minor, Patch, Candidate ?? int.MaxValue).CompareTo((other.Major, other.Minor, other.Patch, other.Candidate ?? int.MaxValue));

    /// <summary>Whether the left is older.</summary>
    public static bool operator <(EngineVersion left, EngineVersion right) => left.CompareTo(right) < 0;

    /// <summary>Whether the left is newer.</summary>
    public static bool operator >(EngineVersion left, EngineVersion right) => left.CompareTo(right) > 0;

    /// <summary>Whether the left is not newer.</summary>
    public static bool operator <=(EngineVersion left, EngineVersion right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the left is not older.</summary>
    public static bool operator >=(EngineVersion left, EngineVersion right) => left.CompareTo(right) >= 0;

    /// <summary>As TensorRT-LLM writes its releases.</summary>
    public override string ToString() => Candidate is { } candidate ? $"{Major}.{Minor}.{Patch}rc{candidate}" : $"{Major}.{Minor}.{Patch}";

    [GeneratedRegex(@"^v?(?<major>[0-9]{1,4})\.(?<minor>[0-9]{1,4})(\.(?<patch>[0-9]{1,4}))?(\.?rc(?<rc>[0-9]{1,4}))?(?![0-9])")]
    private static partial Regex Numbers();
}
