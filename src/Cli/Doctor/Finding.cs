namespace Nemotron.Cli.Doctor;

/// <summary>How bad a finding is.</summary>
internal enum Severity
{
    /// <summary>Something does not work, or will not when it is needed.</summary>
    Fault,

    /// <summary>Works, but is not as one would want it.</summary>
    Warning,
}

/// <summary>Something that a check found.</summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="Subject">What it is about, such as <c>node h100-0</c>.</param>
/// <param name="What">What is wrong, in a sentence.</param>
/// <param name="Fix">What to do about it, in a sentence or as a command.</param>
internal sealed record Finding(Severity Severity, string Subject, string What, string Fix)
{
    public static Finding Fault(string subject, string what, string fix) => new(Severity.Fault, subject, what, fix);

    public static Finding Warning(string subject, string what, string fix) => new(Severity.Warning, subject, what, fix);
}

/// <summary>What one check came to.</summary>
/// <param name="Check">Its name.</param>
/// <param name="Summary">What was looked at, in a few words.</param>
/// <param name="Findings">What was found; empty where all is well.</param>
/// <param name="Skipped">Why it was not done; null where it was.</param>
internal sealed record CheckResult(string Check, string Summary, IReadOnlyList<Finding> Findings, string? Skipped = null)
{
    /// <summary>A check that could not be made.</summary>
    public static CheckResult NotDone(string check, string why) => new(check, "", [], why);
}
