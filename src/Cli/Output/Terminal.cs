using Spectre.Console;

namespace Nemotron.Cli;

/// <summary>Where a command reads and writes; colours only where a person watches.</summary>
internal sealed record Terminal(TextReader In, TextWriter Out, TextWriter Error, bool Colours, int Width)
{
    // Wide enough for any row. Piped tables are for grep and awk, so a row must stay on its line; on a terminal,
    // columns squeezed to its width would be unreadable, and a row that the terminal wraps is not.
    private const int Unbounded = 4096;

    /// <summary>Whether a person watches <see cref="Error"/>, so that progress may be shown there.</summary>
    public bool Watched { get; init; }

    /// <summary>Whether a person watches <see cref="Out"/>, so that a table may be drawn anew in its place.</summary>
    public bool Interactive { get; init; }

    /// <summary>The clock of ages, timeouts and intervals.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The process's own streams. Colours need a terminal that is not dumb, and an environment without NO_COLOR.</summary>
    public static Terminal Console()
    {
        var piped = System.Console.IsOutputRedirected;
        var colours = !piped
            && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            && Environment.GetEnvironmentVariable("TERM") is not "dumb";
        return new Terminal(System.Console.In, System.Console.Out, System.Console.Error, colours, piped ? Unbounded : Math.Max(80, System.Console.WindowWidth))
        {
            Watched = !System.Console.IsErrorRedirected,
            Interactive = !piped,
        };
    }

    /// <summary>Streams of a test or another program: no colours.</summary>
    public static Terminal Piped(TextReader input, TextWriter output, TextWriter error) => new(input, output, error, false, Unbounded);

    /// <summary>A Spectre console over <see cref="Out"/> for tables of short cells, each row on a line of its own.</summary>
    public IAnsiConsole Rows() => Spectre(Unbounded);

    /// <summary>A Spectre console over <see cref="Out"/> for tables with sentences, which are wrapped within the terminal's width.</summary>
    public IAnsiConsole Sentences() => Spectre(Width);

    private IAnsiConsole Spectre(int width)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = Colours ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = Colours ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(Out),
        });
        console.Profile.Width = width;
        return console;
    }

    /// <summary>A table in kubectl's manner: capital headings, two spaces between columns, no lines.</summary>
    public static Table Columns(params ReadOnlySpan<string> headings)
    {
        var table = new Table { Border = TableBorder.None };
        foreach (var heading in headings)
            table.AddColumn(new TableColumn(new Markup($"[bold]{heading}[/]")) { Padding = new Padding(0, 0, 3, 0), NoWrap = heading != "WHY" });
        return table;
    }
}
