using System.CommandLine;
using Nemotron.Cli.Clusters;
using Nemotron.Controllers.Views;
using Nemotron.Crds;

namespace Nemotron.Cli.Statuses;

/// <summary><c>kubectl nemotron status [NAME]</c>: deployments with their pods, conditions and last decision.</summary>
internal static class StatusCommand
{
    public static Command Create(Terminal terminal)
    {
        var name = new Argument<string?>("NAME") { Arity = ArgumentArity.ZeroOrOne, Description = "A NemotronDeployment; all of the namespace if absent." };
        var output = OutputOption.Create();
        var cluster = new ClusterOptions();
        var command = new Command("status", "Shows NemotronDeployments as trees: replicas, pods with node and GPUs, conditions (bad ones first), the last scaling decision.") { name, output };
        DeploymentNames.AddTo(name, cluster, terminal);
        cluster.AddTo(command, allNamespaces: true);
        command.SetAction(async (given, cancellationToken) =>
        {
            var format = OutputOption.Parse(given.GetValue(output));
            using var api = cluster.Open(given, terminal.Time);
            var ns = cluster.Namespace(given, api);
            if (given.GetValue(name) is not null && ns is null) throw new BadInputException("a NAME is looked for in one namespace: give -n, not -A");
            IReadOnlyList<NemotronDeployment> found = given.GetValue(name) is { } one
                ? [await DeploymentLookup.OneAsync(api, ns!, one, cancellationToken)]
                : await DeploymentLookup.AllAsync(api, ns, cancellationToken);
            var pods = (await api.ListAsync<PodView>(ns, NemotronLabels.Deployment, cancellationToken) ?? [])
                .ToLookup(pod => (pod.Metadata.NamespaceProperty, pod.Metadata.Labels![NemotronLabels.Deployment]));
            var now = terminal.Time.GetUtcNow();
            var reports = found.Select(entity => StatusReport.Of(entity, [.. pods[(entity.Metadata.NamespaceProperty, entity.Metadata.Name)]], now)).ToArray();
            if (format != OutputFormat.Table) Structured.Write(terminal.Out, format, given.GetValue(name) is null ? reports : reports[0]);
            else if (reports.Length == 0) terminal.Error.WriteLine(ns is null ? "no NemotronDeployment in any namespace" : $"no NemotronDeployment in namespace {ns}");
            else foreach (var report in reports) StatusTree.Write(terminal, report);
            return ExitCodes.Ok;
        });
        return command;
    }
}
