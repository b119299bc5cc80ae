using System.CommandLine;
using System.Globalization;
using Nemotron.Planning;
using Spectre.Console;

namespace Nemotron.Cli.Models;

/// <summary><c>kubectl nemotron gpus</c>: the GPU types that a plan can be made for.</summary>
internal static class GpusCommand
{
    public static Command Create(Terminal terminal)
    {
        var output = OutputOption.Create();
        var command = new Command("gpus", "Lists the GPU types that can be planned for.") { output };
        command.SetAction(given =>
        {
            var format = OutputOption.Parse(given.GetValue(output));
            if (format == OutputFormat.Table) WriteTable(terminal, GpuCatalogue.Default.Gpus);
            else Structured.Write(terminal.Out, format, GpuCatalogue.Default.Gpus);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static void WriteTable(Terminal terminal, IReadOnlyList<GpuType> gpus)
    {
        var table = Terminal.Columns("NAME", "MEMORY-MIB", "CAPABILITY", "GPUS/NODE", "DOMAIN", "PRECISIONS", "PRODUCTS");
        foreach (var gpu in gpus)
        {
            table.AddRow(
                Markup.Escape(gpu.Name),
                Number(gpu.MemoryMiB) + (gpu.Provenance.Any(mark => mark.Figure == "memoryMiB") ? "*" : ""),
                (gpu.ComputeCapability / 10.0).ToString("0.0", CultureInfo.InvariantCulture),
                Number(gpu.GpusPerNode),
                Number(gpu.DomainGpus),
                string.Join(",", Enum.GetValues<Precision>().Where(gpu.Supports)),
                Markup.Escape(string.Join(",", gpu.Products)));
        }
        var console = terminal.Rows();
        console.Write(table);
        console.WriteLine("* not first-hand: plan real nodes with --memory-mib and their label nvidia.com/gpu.memory");
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
