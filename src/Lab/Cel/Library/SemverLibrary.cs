using System.Globalization;
using System.Text.RegularExpressions;
using static Nemotron.Lab.Cel.FunctionTable;

namespace Nemotron.Lab.Cel;

/// <summary>A semantic version (semver.org 2.0.0); build metadata does not count in comparisons.</summary>
internal sealed partial record SemverValue(ulong Major, ulong Minor, ulong Patch, string Prerelease, string Build) : ICelOpaque, IComparable<SemverValue>
{
    /// <inheritdoc/>
    public string TypeName => SemverLibrary.TypeName;

    /// <summary>Parses a version; <paramref name="normalize"/> forgives a leading v, leading zeros and missing parts.</summary>
    public static SemverValue? Parse(string text, bool normalize)
    {
        var match = (normalize ? Loose() : Strict()).Match(text);
        if (!match.Success || !Part("major", out var major) || !Part("minor", out var minor) || !Part("patch", out var patch)) return null;
        return new SemverValue(major, minor, patch, match.Groups["pre"].Value, match.Groups["build"].Value);

        bool Part(string name, out ulong value)
        {
            value = 0;
            return !match.Groups[name].Success || ulong.TryParse(match.Groups[name].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out value);
        }
    }

    /// <inheritdoc/>
    public int CompareTo(SemverValue? other)
    {
        if (other is null) return 1;
        var order = (Major, Minor, Patch).CompareTo((other.Major, other.Minor, other.Patch));
        if (order != 0 || Prerelease == other.Prerelease) return Math.Sign(order);
        if (Prerelease.Length == 0 || other.Prerelease.Length == 0) return Prerelease.Length == 0 ? 1 : -1;
        var (x, y) = (Prerelease.Split('.'), other.Prerelease.Split('.'));
        for (var i = 0; i < Math.Min(x.Length, y.Length); i++)
        {
            var (xNumber, yNumber) = (x[i].All(char.IsAsciiDigit), y[i].All(char.IsAsciiDigit));
            order = xNumber && yNumber
                ? x[i].Length != y[i].Length ? x[i].Length.CompareTo(y[i].Length) : string.CompareOrdinal(x[i], y[i])
                : xNumber != yNumber ? (xNumber ? -1 : 1) : string.CompareOrdinal(x[i], y[i]);
            if (order != 0) return Math.Sign(order);
        }
        return x.Length.CompareTo(y.Length);
    }

    /// <summary>Equal but for build metadata.</summary>
    public bool Equals(SemverValue? other) => other is not null && CompareTo(other) == 0;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Major, Minor, Patch, Prerelease);

    /// <inheritdoc/>
    public override string ToString() => $"{Major}.{Minor}.{Patch}{(Prerelease.Length > 0 ? "-" + Prerelease : "")}{(Build.Length > 0 ? "+" + Build : "")}";

    [GeneratedRegex(@"^(?<major>0|[1-9]\d*)\.(?<minor>0|[1-9]\d*)\.(?<patch>0|[1-9]\d*)(-(?<pre>(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(\+(?<build>[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*))?\z")]
    private static partial Regex Strict();

    [GeneratedRegex(@"^v?(?<major>\d+)(\.(?<minor>\d+)(\.(?<patch>\d+))?)?(-(?<pre>[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*))?(\+(?<build>[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*))?\z")]
    private static partial Regex Loose();
}

/// <summary>Semantic versions.</summary>
internal static class SemverLibrary
{
    /// <summary>The type's name.</summary>
    public const string TypeName = "kubernetes.Semver";

    /// <summary>The type.</summary>
    public static readonly CelType Semver = CelType.Opaque(TypeName);

    /// <summary>Adds them.</summary>
    public static void AddTo(FunctionTable table)
    {
        table.Add("semver", args => Parsed(args, v => v as object ?? new CelError("No Major.Minor.Patch elements found")), Global(Semver, CelType.String), Global(Semver, CelType.String, CelType.Bool));
        table.Add("isSemver", args => Parsed(args, v => v is not null), Global(CelType.Bool, CelType.String), Global(CelType.Bool, CelType.String, CelType.Bool));
        table.Add("major", args => args is [SemverValue v] ? (long)v.Major : CelError.NoSuchOverload, Member(CelType.Int, Semver));
        table.Add("minor", args => args is [SemverValue v] ? (long)v.Minor : CelError.NoSuchOverload, Member(CelType.Int, Semver));
        table.Add("patch", args => args is [SemverValue v] ? (long)v.Patch : CelError.NoSuchOverload, Member(CelType.Int, Semver));
        table.Add("compareTo", args => args is [SemverValue x, SemverValue y] ? (long)x.CompareTo(y) : CelError.NoSuchOverload, Member(CelType.Int, Semver, Semver));
        table.Add("isGreaterThan", args => args is [SemverValue x, SemverValue y] ? x.CompareTo(y) > 0 : CelError.NoSuchOverload, Member(CelType.Bool, Semver, Semver));
        table.Add("isLessThan", args => args is [SemverValue x, SemverValue y] ? x.CompareTo(y) < 0 : CelError.NoSuchOverload, Member(CelType.Bool, Semver, Semver));
    }

    private static object Parsed(object[] args, Func<SemverValue?, object> use) => args switch
    {
        [string text] => use(SemverValue.Parse(text, normalize: false)),
        [string text, bool normalize] => use(SemverValue.Parse(text, normalize)),
        _ => CelError.NoSuchOverload,
    };
}
