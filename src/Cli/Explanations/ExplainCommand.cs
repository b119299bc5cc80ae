using System.CommandLine;
using Nemotron.Cli.Clusters;

namespace Nemotron.Cli.Explanations;

/// <summary><c>kubectl nemotron explain NAME</c>: why a deployment has the number of replicas that it has.</summary>
internal static class ExplainCommand
{
    public static Command Create(Terminal terminal)
    {
        var name = new Argument<string>("NAME") { Description = "A NemotronDeployment." };
        var output = OutputOption.Create();
        var cluster = new ClusterOptions();
        var command = new Command("explain", "Explains a deployment's number of replicas: the autoscaler's last decision with its figures, and what holds the number.") { name, output };
        DeploymentNames.AddTo(name, cluster, terminal);
        cluster.AddTo(command, allNamespaces: false);
        command.SetAction(async (given, cancellationToken) =>
        {
            var format = OutputOption.Parse(given.GetValue(output));
            using var api = cluster.Open(given, terminal.Time);
            var entity = await DeploymentLookup.OneAsync(api, cluster.Namespace(given, api)!, given.GetValue(name)!, cancellationToken);
            var explanation = Explanation.Of(entity, terminal.Time.GetUtcNow());
            if (format == OutputFormat.Table) ExplanationText.Write(terminal, explanation);
            else Structured.Write(terminal.Out, format, explanation);
            return ExitCodes.Ok;
        });
        return command;
    }
}
