using System.CommandLine;
using System.Globalization;
using Nemotron.Cli.Clusters;
using Spectre.Console;

namespace Nemotron.Cli.Doctor;

/// <summary><c>kubectl nemotron doctor</c>: what is wrong with a cluster, and what to do about it.</summary>
internal static class DoctorCommand
{
    public static Command Create(Terminal terminal)
    {
        var output = OutputOption.Create();
        var prometheus = new PrometheusOption();
        var cluster = new ClusterOptions();
        var command = new Command("doctor", "Checks a cluster and names each fault with its fix: CRDs, operator, rights, webhooks, GPU nodes, pools, deployments, Prometheus. Changes nothing. Exit code 1 if there is a fault.") { output };
        prometheus.AddTo(command);
        cluster.AddTo(command, allNamespaces: false);
        command.SetAction(async (given, cancellationToken) =>
        {
            var format = OutputOption.Parse(given.GetValue(output));
            using var api = cluster.Open(given, terminal.Time);
            using var source = prometheus.Open(given, terminal.Time);
            var survey = await new SurveyReader(api, terminal.Time).ReadAsync(cluster.Namespace(given, api)!, source, prometheus.Url(given), cancellationToken);
            var results = Diagnosis.Of(survey);
            if (format == OutputFormat.Table) Write(terminal, results);
            else Structured.Write(terminal.Out, format, results);
            return Diagnosis.HasFault(results) ? ExitCodes.FaultFound : ExitCodes.Ok;
        });
        return command;
    }

    private static void Write(Terminal terminal, IReadOnlyList<CheckResult> results)
    {
        var console = terminal.Sentences();
        foreach (var result in results)
        {
            var (mark, colour) = result switch
            {
                { Skipped: not null } => ("-", "grey"),
                _ when result.Findings.Any(finding => finding.Severity == Severity.Fault) => ("✗", "red"),
                { Findings.Count: > 0 } => ("!", "yellow"),
                _ => ("✓", "green"),
            };
            console.MarkupLine($"[{colour}]{mark}[/] [bold]{Markup.Escape(result.Check)}[/]  {Markup.Escape(result.Skipped is { } why ? $"not checked: {why}" : result.Summary)}");
            foreach (var finding in result.Findings)
            {
                console.MarkupLine($"  [{(finding.Severity == Severity.Fault ? "red" : "yellow")}]{finding.Severity.ToString().ToLowerInvariant()}[/] {Markup.Escape($"{finding.Subject}: {finding.What}")}");
                console.MarkupLine($"    fix: {Markup.Escape(finding.Fix)}");
            }
        }

        var faults = results.Sum(result => result.Findings.Count(finding => finding.Severity == Severity.Fault));
        var warnings = results.Sum(result => result.Findings.Count) - faults;
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{faults} fault{(faults == 1 ? "" : "s")}, {warnings} warning{(warnings == 1 ? "" : "s")}"));
    }
}
