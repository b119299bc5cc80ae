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
            catalogue,
            output,
        };
        foreach (var option in options.All) command.Options.Add(option);
        options.Source.AddTo(command);
        command.SetAction(given =>
        {
            var format = OutputOption.Parse(given.GetValue(output));
            var models = CatalogueOption.Read(given.GetValue(catalogue));
            return options.Source.Read(given, terminal) is var (name, text)
                ? Compare(terminal, format, name, text, models, options.Gpus(given))
                : Predict(terminal, format, options.Request(given, options.Source.One(given, models)));
        });
        return command;
    }

    private static int Predict(Terminal terminal, OutputFormat format, PredictionRequest request)
    {
        var prediction = Predictor.Predict(request);
        if (prediction.Refusals.FirstOrDefault(finding => finding.Kind == PlanFindingKind.OutOfRange) is { } finding)
            throw new BadInputException(finding.Message);
        if (format == OutputFormat.Table) PredictTable.Write(terminal, request, prediction);
        else Structured.Write(terminal.Out, format, PredictReport.Of(request, prediction));
        return prediction.Refusals.Count == 0 ? ExitCodes.Ok : ExitCodes.DoesNotFit;
    }

    private static int Compare(Terminal terminal, OutputFormat format, string name, string text, ModelCatalogue models, GpuCatalogue gpus)
    {
        var rows = MeasuredRows.Read(name, text, models, gpus).Select(row => PredictedRow.Of(row)).ToArray();
        if (format == OutputFormat.Table) ComparisonTable.Write(terminal, rows);
        else Structured.Write(terminal.Out, format, rows.Select(ComparedRow.Of).ToArray());
        return rows.All(row => row.Prediction.Refusals.Count == 0) ? ExitCodes.Ok : ExitCodes.DoesNotFit;
    }
}
