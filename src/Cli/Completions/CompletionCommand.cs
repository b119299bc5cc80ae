using System.CommandLine;

namespace Nemotron.Cli.Completions;

/// <summary><c>kubectl nemotron completion SHELL</c>, and the question that its scripts ask.</summary>
internal static class CompletionCommand
{
    /// <summary>The first word of the question: the words so far follow, of which the last is to be completed.</summary>
    public const string Asked = "__complete";

    // kubectl's protocol is cobra's: candidates, a line each, then a colon and what to do with them. 4: no file names.
    private const string NoFiles = ":4";

    private static readonly Dictionary<string, string> Scripts = new(StringComparer.Ordinal)
    {
        ["bash"] = CompletionScripts.Bash,
        ["zsh"] = CompletionScripts.Zsh,
        ["fish"] = CompletionScripts.Fish,
        ["kubectl"] = CompletionScripts.Kubectl,
    };

    public static Command Create(Terminal terminal)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish; or kubectl, for the program that kubectl's own completion asks." };
        shell.AcceptOnlyFromAmong([.. Scripts.Keys]);
        var command = new Command("completion", "Prints a shell's completion script.") { shell };
        command.SetAction(given =>
        {
            terminal.Out.Write(Scripts[given.GetValue(shell)!]);
            return ExitCodes.Ok;
        });
        return command;
    }

    /// <summary>Answers the question.</summary>
    /// <param name="root">The command tree.</param>
    /// <param name="words">The words so far; the last is the one to be completed, "" where it is not begun.</param>
    /// <param name="terminal">Where the answer goes.</param>
    public static int Answer(RootCommand root, string[] words, Terminal terminal)
    {
        // The parser completes a text at its end; a word that was quoted is quoted again.
        var text = string.Join(' ', words.Select(word => word.Contains(' ', StringComparison.Ordinal) ? $"\"{word}\"" : word));
        var begun = words.Length > 0 ? words[^1] : "";
        foreach (var candidate in root.Parse(text).GetCompletions(text.Length).Select(item => item.Label).Where(label => Fits(label, begun)).Distinct(StringComparer.Ordinal))
            terminal.Out.WriteLine(candidate);
        terminal.Out.WriteLine(NoFiles);
        return ExitCodes.Ok;
    }

    // Help in forms of other systems (-?, /h) is noise.
    private static bool Fits(string label, string begun) =>
        label.StartsWith(begun, StringComparison.Ordinal) && !label.StartsWith('/') && label != "-?" && (begun.StartsWith('-') || !label.StartsWith('-'));
}
