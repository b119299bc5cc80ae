using System.Globalization;
using System.Text.RegularExpressions;

namespace Nemotron.Lab.Engines;

/// <summary>A version such as <c>1.2.1</c> or <c>1.3.0rc20</c>; a release candidate comes before its release.</summary>
/// <param name="Major">The first number; a year for Triton's containers.</param>
/// <param name="Minor">The second number; a month for Triton's containers.</param>
/// <param name="Patch">The third number.</param>
/// <param name="Candidate">The number of the release candidate; <see cref="int.MaxValue"/> for a release.</param>
internal readonly partial record struct EngineVersion(int Major, int Minor, int Patch = 0, int Candidate = int.MaxValue) : IComparable<EngineVersion>
{
    /// <summary>Reads the version out of an image tag such as <c>1.3.0rc20</c>, <c>26.07-trtllm-python-py3</c> or <c>v0.19.1</c>; null where it has none.</summary>
    public static EngineVersion? OfTag(string tag)
    {
        var match = Numbers().Match(tag);
        if (!match.Success) return null;
        return new(Number("major"), Number("minor"), match.Groups["patch"].Success ? Number("patch") : 0, match.Groups["rc"].Success ? Number("rc") : int.MaxValue);

        int Number(string group) => int.Parse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);
    }

    /// <summary>Whether this is at least another version.</summary>
    public bool AtLeast(int major, int minor, int patch = 0, int candidate = 0) => CompareTo(new(major, minor, patch, candidate)) >= 0;

    /// <inheritdoc/>
    public int CompareTo(EngineVersion other) =>
        (Major, Minor, Patch, Candidate).CompareTo((other.Major, other.Minor, other.Patch, other.Candidate));

    /// <summary>As the program prints it.</summary>
    public override string ToString() => Candidate == int.MaxValue ? $"{Major}.{Minor}.{Patch}" : $"{Major}.{Minor}.{Patch}rc{Candidate}";

    [GeneratedRegex(@"(?<![0-9.])v?(?<major>[0-9]{1,4})\.(?<minor>[0-9]{1,4})(?:\.(?<patch>[0-9]{1,4}))?(?:\.?rc(?<rc>[0-9]{1,4}))?")]
    private static partial Regex Numbers();
}
