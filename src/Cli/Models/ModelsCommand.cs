using System.CommandLine;
using System.Globalization;
using Nemotron.Planning;
using Spectre.Console;

namespace Nemotron.Cli.Models;

/// <summary><c>kubectl nemotron models</c>: the catalogue.</summary>
internal static class ModelsCommand
{
    public static Command Create(Terminal terminal)
    {
        var catalogue = CatalogueOption.Create();
        var output = OutputOption.Create();
        var command = new Command("models", "Lists the models that can be planned, with their computed sizes.") { catalogue, output };
        command.SetAction(given =>
        {
            var format = OutputOption.Parse(given.GetValue(output));
            var reports = CatalogueOption.Read(given.GetValue(catalogue)).Models.Select(ModelReport.Of).ToArray();
            if (format == OutputFormat.Table) WriteTable(terminal, reports);
            else Structured.Write(terminal.Out, format, reports);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static void WriteTable(Terminal terminal, ModelReport[] reports)
    {
        var table = Terminal.Columns("NAME", "PARAMETERS", "LAYERS", "ATTENTION", "MAMBA", "KV-BYTES/TOKEN", "STATE/SEQUENCE", "CONTEXT", "TP", "PRECISIONS", "ENGINES", "CHECKPOINT");
        foreach (var report in reports)
        {
            table.AddRow(
                Markup.Escape(report.Name),
                (report.Parameters / 1e9).ToString("0.00", CultureInfo.InvariantCulture) + " B",
                Number(report.Layers),
                Number(report.AttentionLayers),
                Number(report.MambaLayers),
                Number(report.KvBytesPerToken),
                report.StateBytesPerSequence == 0 ? "-" : ByteText.Of(report.StateBytesPerSequence),
                Number(report.MaxContextTokens),
                string.Join(",", report.TensorParallel),
                string.Join(",", report.Checkpoints.Select(checkpoint => checkpoint.Precision).Distinct()),
                report.Engines.Count == 0 ? "none" : string.Join(",", report.Engines),
                Markup.Escape(report.Checkpoints.Count == 0 ? "-" : report.Checkpoints[0].HuggingFaceId));
        }
        terminal.Rows().Write(table);
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A model as <c>-o json</c> and <c>-o yaml</c> write it.</summary>
internal sealed record ModelReport
{
    // Beyond this no node or rack in the catalogue goes, and the list would only get longer.
    private const int LargestShown = 16;

    public required string Name { get; init; }
    public required string DisplayName { get; init; }
    public required ModelTier? Tier { get; init; }
    public required IReadOnlyList<string> Aliases { get; init; }
    public required long Parameters { get; init; }
    public required int Layers { get; init; }
    public required int AttentionLayers { get; init; }
    public required int MambaLayers { get; init; }
    public required int MaxContextTokens { get; init; }
    public required IReadOnlyDictionary<string, long> WeightsBytes { get; init; }
    public required long KvBytesPerToken { get; init; }
    public required long StateBytesPerSequence { get; init; }
    public required IReadOnlyList<int> TensorParallel { get; init; }
    public required bool RemoteCode { get; init; }
    public required IReadOnlyList<EngineKind> Engines { get; init; }
    public required IReadOnlyList<Checkpoint> Checkpoints { get; init; }
    public required ReasoningSpec Reasoning { get; init; }
    public required IReadOnlyList<FigureProvenance> Provenance { get; init; }

    public static ModelReport Of(ModelEntry model)
    {
        var sizes = ModelSizes.Of(model);
        return new ModelReport
        {
            Name = model.Name,
            DisplayName = model.DisplayName,
            Tier = model.Tier,
            Aliases = model.Aliases,
            Parameters = sizes.Parameters,
            Layers = model.Architecture.LayerCount,
            AttentionLayers = sizes.CacheLayers,
            MambaLayers = sizes.MambaLayers,
            MaxContextTokens = model.Architecture.MaxContextTokens,
            WeightsBytes = Enum.GetValues<Precision>().ToDictionary(precision => precision.ToString(), sizes.WeightsBytes),
            KvBytesPerToken = sizes.KvBytesPerToken(KvPrecision.BF16),
            StateBytesPerSequence = sizes.StateBytesPerSequence(model.SsmState),
            TensorParallel = TensorParallelRules.Allowed(model.Architecture, most: LargestShown),
            RemoteCode = model.RemoteCode,
            Engines = model.Engines,
            Checkpoints = model.Checkpoints,
            Reasoning = model.Reasoning,
            Provenance = model.Provenance,
        };
    }
}
