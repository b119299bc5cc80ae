using System.CommandLine;
using Nemotron.Planning;
using Nemotron.Planning.Serving;

namespace Nemotron.Cli.Predictions;

/// <summary><c>kubectl nemotron predict</c>: how fast a replica will be.</summary>
internal static class PredictCommand
{
    public static Command Create(Terminal terminal)
    {
        var options = new PredictOptions();
        var catalogue = CatalogueOption.Create();
        var output = OutputOption.Create();
        var command = new Command("predict", "Predicts latency and throughput of one replica that has a number of equal requests in flight. Exits with 1 when it does not fit.")
        {
            options.Model,
            catalogue,
            output,
        };
        foreach (var option in options.All) command.Options.Add(option);
        command.Validators.Add(result =>
        {
            var sources = (result.GetValue(options.Model) is null ? 0 : 1)
                + (result.GetValue(options.Config) is null ? 0 : 1)
                + (result.GetValue(options.File) is null ? 0 : 1);
            if (sources != 1) result.AddError("give exactly one of MODEL, --config and -f");
        });
        command.SetAction(given =>
        {
            var format = OutputOption.Parse(given.GetValue(output));
            var models = CatalogueOption.Read(given.GetValue(catalogue));
            return given.GetValue(options.File) is { } file
                ? Compare(terminal, format, file, models, options.Gpus(given))
                : Predict(terminal, format, options.Request(given, OneModel(given, options, models)));
        });
        return command;
    }

    private static ModelEntry OneModel(ParseResult given, PredictOptions options, ModelCatalogue models) =>
        given.GetValue(options.Config) is { } config
            ? HuggingFaceConfig.ReadModel(config.ToString(), File.ReadAllText(config.FullName))
            : models.Find(given.GetValue(options.Model)!);

    private static int Predict(Terminal terminal, OutputFormat format, PredictionRequest request)
    {
        var prediction = Predictor.Predict(request);
        if (prediction.Refusals.FirstOrDefault(finding => finding.Kind == PlanFindingKind.OutOfRange) is { } finding)
            throw new BadInputException(finding.Message);
        if (format == OutputFormat.Table) PredictTable.Write(terminal, request, prediction);
        else Structured.Write(terminal.Out, format, PredictReport.Of(request, prediction));
        return prediction.Refusals.Count == 0 ? ExitCodes.Ok : ExitCodes.DoesNotFit;
    }

    private static int Compare(Terminal terminal, OutputFormat format, string file, ModelCatalogue models, GpuCatalogue gpus)
    {
        var (name, text) = file == "-" ? ("standard input", terminal.In.ReadToEnd()) : (file, File.ReadAllText(file));
        var rows = MeasuredRows.Read(name, text, models, gpus).Select(row => PredictedRow.Of(row)).ToArray();
        if (format == OutputFormat.Table) ComparisonTable.Write(terminal, rows);
        else Structured.Write(terminal.Out, format, rows.Select(ComparedRow.Of).ToArray());
        return rows.All(row => row.Prediction.Refusals.Count == 0) ? ExitCodes.Ok : ExitCodes.DoesNotFit;
    }
}
