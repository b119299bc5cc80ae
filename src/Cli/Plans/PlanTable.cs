using System.Globalization;
using Nemotron.Planning;
using Spectre.Console;

namespace Nemotron.Cli.Plans;

/// <summary>A plan for people: one row that answers, the lines that explain, and what there is to say about it.</summary>
internal static class PlanTable
{
    public static void Write(Terminal terminal, IReadOnlyList<(string? Name, MemoryPlan Plan)> plans)
    {
        var named = plans.Any(item => item.Name is not null);
        var summary = named
            ? Terminal.Columns("NAME", "MODEL", "GPU", "TP", "PP", "PRECISION", "KV", "CONTEXT", "FITS", "KV-TOKENS", "SEQUENCES", "MIN-TP", "BINDING")
            : Terminal.Columns("MODEL", "GPU", "TP", "PP", "PRECISION", "KV", "CONTEXT", "FITS", "KV-TOKENS", "SEQUENCES", "MIN-TP", "BINDING");
        foreach (var (name, plan) in plans)
        {
            var cells = Cells(plan).Select(cell => new Markup(cell));
            summary.AddRow(named ? cells.Prepend(new Markup(Markup.Escape(name ?? ""))) : cells);
        }
        terminal.Rows().Write(summary);
        var console = terminal.Sentences();
        foreach (var (name, plan) in plans) Explain(console, name, plan);
    }

    private static IEnumerable<string> Cells(MemoryPlan plan) =>
    [
        Markup.Escape(plan.Model.Name),
        Markup.Escape(plan.Request.Gpu?.Name ?? "-"),
        Number(plan.TensorParallel),
        Number(plan.PipelineParallel),
        plan.Request.Precision.ToString(),
        plan.KvPrecision.ToString(),
        Number(plan.ContextTokens),
        plan.Fits ? "[green]yes[/]" : "[red]no[/]",
        Number(plan.KvTokens),
        Number(plan.MaxSequences),
        plan.MinTensorParallel is { } degree ? Number(degree) : "none",
        plan.Binding.ToString(),
    ];

    private static void Explain(IAnsiConsole console, string? name, MemoryPlan plan)
    {
        console.WriteLine();
        if (name is not null) console.MarkupLineInterpolated($"[bold]{name}[/]");
        var lines = Terminal.Columns("ITEM", "VALUE", "WHY");
        foreach (var line in plan.Lines) lines.AddRow(Markup.Escape(line.Item), Markup.Escape(Value(line)), Markup.Escape(line.Why));
        console.Write(lines);
        foreach (var finding in plan.Findings)
        {
            var (colour, word) = finding.Refuses ? ("red", "refused") : ("yellow", "warning");
            var fix = finding.Fix is null ? "" : $" (would do: {finding.Fix})";
            console.MarkupLine($"[{colour}]{word}[/]: {Markup.Escape(finding.Message + fix)}");
        }
        foreach (var mark in plan.Model.Provenance.Where(BearsOnMemory))
            console.MarkupLine($"[yellow]note[/]: {Markup.Escape($"{plan.Model.Name} {mark.Figure} is {mark.Status}: {mark.Note}")}");
        if (plan.Request.GpuMemoryMiB is not null) return;
        foreach (var mark in plan.Request.Gpu?.Provenance.Where(mark => mark.Figure == "memoryMiB") ?? [])
            console.MarkupLine($"[yellow]note[/]: {Markup.Escape($"{plan.Request.Gpu!.Name} {mark.Figure} is {mark.Status}: {mark.Note}")}");
    }

    // The catalogue also marks what is known of reasoning and serving; -o json has all marks.
    private static bool BearsOnMemory(FigureProvenance mark) =>
        !mark.Figure.StartsWith("reasoning", StringComparison.Ordinal) && mark.Figure is not ("engines" or "remoteCode");

    private static string Value(PlanLine line) => line.Unit == "bytes"
        ? Math.Abs(line.Value) < 1 << 20 ? Number(line.Value) + " B" : ByteText.Of(line.Value)
        : Number(line.Value);

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
