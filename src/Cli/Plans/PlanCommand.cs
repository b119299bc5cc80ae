using System.CommandLine;
using Nemotron.Planning;

namespace Nemotron.Cli.Plans;

/// <summary><c>kubectl nemotron plan</c>: will it fit, how, and why.</summary>
internal static class PlanCommand
{
    public static Command Create(Terminal terminal)
    {
        var options = new PlanOptions();
        var catalogue = CatalogueOption.Create();
        var output = OutputOption.Create();
        var command = new Command("plan", "Says whether a model fits on its GPUs, what the memory holds, and how every figure comes about. Exits with 1 when it does not fit.")
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
            var plans = given.GetValue(options.File) is { } file
                ? FromFile(terminal, file, given, options, models)
                : [(null, MemoryPlanner.Plan(options.Request(given, OneModel(given, options, models), file: null)))];
            RefuseOutOfRange(plans);
            Write(terminal, format, plans);
            return plans.All(item => item.Plan.Fits) ? ExitCodes.Ok : ExitCodes.DoesNotFit;
        });
        return command;
    }

    private static ModelEntry OneModel(ParseResult given, PlanOptions options, ModelCatalogue models) =>
        given.GetValue(options.Config) is { } config
            ? HuggingFaceConfig.ReadModel(config.ToString(), File.ReadAllText(config.FullName))
            : models.Find(given.GetValue(options.Model)!);

    private static (string? Name, MemoryPlan Plan)[] FromFile(
        Terminal terminal, string file, ParseResult given, PlanOptions options, ModelCatalogue models)
    {
        var (name, text) = file == "-" ? ("standard input", terminal.In.ReadToEnd()) : (file, File.ReadAllText(file));
        return [.. DeploymentFile.Read(name, text).Select(fields =>
            ((string?)fields.Name, MemoryPlanner.Plan(options.Request(given, models.Find(fields.Model), fields))))];
    }

    // A plan for numbers other than those given would only confuse.
    private static void RefuseOutOfRange((string? Name, MemoryPlan Plan)[] plans)
    {
        foreach (var (name, plan) in plans)
        {
            if (plan.Findings.FirstOrDefault(finding => finding.Kind == PlanFindingKind.OutOfRange) is { } finding)
                throw new BadInputException(name is null ? finding.Message : $"{name}: {finding.Message}");
        }
    }

    private static void Write(Terminal terminal, OutputFormat format, (string? Name, MemoryPlan Plan)[] plans)
    {
        if (format == OutputFormat.Table)
        {
            PlanTable.Write(terminal, plans);
            return;
        }
        var reports = plans.Select(item => PlanReport.Of(item.Plan, item.Name)).ToArray();
        Structured.Write(terminal.Out, format, reports.Length == 1 ? reports[0] : reports);
    }
}
