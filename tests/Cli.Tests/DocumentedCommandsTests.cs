namespace Nemotron.Cli.Tests;

/// <summary>Holds the figures of the pages to the commands that stand above them.</summary>
public sealed class DocumentedCommandsTests
{
    private const string Prompt = "$ kubectl nemotron ";

    [Theory]
    [InlineData("memory-plan.md", 9)]
    [InlineData("capacity-model.md", 4)]
    [InlineData("sizing.md", 9)]
    public void Every_command_prints_what_the_page_shows(string page, int atLeast)
    {
        var commands = Commands(File.ReadAllLines(Repository.PathOf("docs", page))).ToArray();
        commands.Length.ShouldBeGreaterThanOrEqualTo(atLeast);
        foreach (var (command, shown) in commands)
        {
            shown.ShouldNotBeEmpty(command);
            var run = Cli.Run(command.Split(' ', StringSplitOptions.RemoveEmptyEntries));
            var printed = (run.Out + run.Error).Split('\n').Select(Squeezed).ToArray();
            var from = 0;
            foreach (var line in shown)
            {
                var at = Array.IndexOf(printed, Squeezed(line), from);
                at.ShouldBeGreaterThanOrEqualTo(0, $"'{command}' does not print, after line {from}:\n{line}");
                from = at + 1;
            }
        }
    }

    // A console block is a command and what it prints; a line of dots stands for lines left out.
    private static IEnumerable<(string Command, List<string> Shown)> Commands(string[] page)
    {
        List<string>? shown = null;
        var command = "";
        foreach (var line in page)
        {
            if (line.StartsWith(Prompt, StringComparison.Ordinal))
            {
                if (shown is not null) yield return (command, shown);
                (command, shown) = (line[Prompt.Length..], []);
            }
            else if (line.StartsWith("```", StringComparison.Ordinal) && shown is not null)
            {
                yield return (command, shown);
                shown = null;
            }
            else if (shown is not null && line is not ("..." or "")) shown.Add(line);
        }
    }

    private static string Squeezed(string line) => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
