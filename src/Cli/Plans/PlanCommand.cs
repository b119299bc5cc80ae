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
            catalogue,
            output,
        };
        foreach (var option in options.All) command.Options.Add(option);
        options.Source.AddTo(command);
        command.SetAction(given =>
        {
            var format = OutputOption.Parse(given.GetValue(output));
            var models = CatalogueOption.Read(given.GetValue(catalogue));
            var plans = options.Source.Read(given, terminal) is var (name, text)
                ? FromFile(name, text, given, options, models)
                : [(null, options.Plan(given, options.Source.One(given, models), file: null))];
            RefuseOutOfRange(plans);
            Write(terminal, format, plans);
            return plans.All(item => item.Plan.Fits) ? ExitCodes.Ok : ExitCodes.DoesNotFit;
        });
        return command;
    }

    private static (string? Name, MemoryPlan Plan)[] FromFile(
        string name, string text, ParseResult given, PlanOptions options, ModelCatalogue models)
    {
        return [.. DeploymentFile.Read(name, text).Select(fields =>
            ((string?)fields.Name, options.Plan(given, models.Find(fields.Model), fields)))];
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
