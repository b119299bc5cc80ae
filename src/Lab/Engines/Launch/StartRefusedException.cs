namespace Nemotron.Lab.Engines;

/// <summary>The program does not start as told: what it prints, and the code it exits with.</summary>
/// <param name="exitCode">The exit code: 2 for a wrong command line, 1 for anything else.</param>
/// <param name="lines">What the log shows.</param>
internal sealed class StartRefusedException(int exitCode, params string[] lines) : Exception(lines[^1])
{
    /// <summary>The exit code.</summary>
    public int ExitCode { get; } = exitCode;

    /// <summary>What the log shows.</summary>
    public IReadOnlyList<string> Lines { get; } = lines;
}
