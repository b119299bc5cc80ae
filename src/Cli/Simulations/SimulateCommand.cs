using System.CommandLine;
using Nemotron.Cli.Plans;
using Nemotron.Planning.Simulation;
using Nemotron.Planning.Simulation.Policies;

namespace Nemotron.Cli.Simulations;

/// <summary><c>kubectl nemotron simulate</c>: what an autoscaling policy would do with a trace, before it is applied.</summary>
internal static class SimulateCommand
{
    private const int Threads = 2;

    public static Command Create(Terminal terminal)
    {
        var options = new SimulateOptions();
        var command = new Command("simulate", "Replays a trace of requests against a deployment in virtual time, with the operator's own scaling decision and with others'. Everything is simulated: replicas, engines, metrics.");
        foreach (var option in options.All) command.Options.Add(option);
        command.SetAction(given =>
        {
            var format = Names.Parse<SimulationFormat>("output", given.GetValue(options.Output)) ?? SimulationFormat.Table;
            var policies = options.Policies(given);
            var requests = options.Requests(given);
            var runs = new List<SimulatedRun>();
            foreach (var (file, fields) in Deployments(terminal, given, options))
            {
                var scenario = options.Scenario(given, file, fields, requests);
                foreach (var policy in policies)
                {
                    using var progress = new SimulationProgress(terminal, $"{fields.Name} {policy}");
                    runs.Add(Run(fields.Name, policy, scenario, given.GetValue(options.Tune), given.GetValue(options.Goodput) / 100, progress));
                }
            }
            SimulationTable.Write(terminal, format, runs);
            if (given.GetValue(options.Report) is { } report) System.IO.File.WriteAllText(report.FullName, SimulationPage.Of(runs));
            return ExitCodes.Ok;
        });
        return command;
    }

    private static IEnumerable<(string File, DeploymentFields Fields)> Deployments(Terminal terminal, ParseResult given, SimulateOptions options)
    {
        var path = given.GetValue(options.File)!;
        var (file, text) = path == "-" ? ("standard input", terminal.In.ReadToEnd()) : (path, System.IO.File.ReadAllText(path));
        var all = DeploymentFile.Read(file, text);
        if (given.GetValue(options.Deployment) is not { } name) return all.Select(fields => (file, fields));
        var one = all.Where(fields => fields.Name == name).ToArray();
        return one.Length > 0
            ? one.Select(fields => (file, fields))
            : throw new BadInputException($"{file}: holds no NemotronDeployment {name}, but {string.Join(", ", all.Select(fields => fields.Name))}");
    }

    private static SimulatedRun Run(string deployment, string policy, FleetScenario scenario, bool tune, double goodput, SimulationProgress progress)
    {
        if (policy == "oracle")
        {
            if (OracleSearch.Find(scenario, goodput) is not { } found)
                return new SimulatedRun(deployment, policy, "no plan within the bounds reaches the goodput", scenario, null);
            var again = FleetSimulator.Run(scenario with { InitialReplicas = found.Plan[0] }, new PlannedPolicy(found.Plan), keepTimeline: true, progress.Report);
            return new SimulatedRun(deployment, policy, "knows the trace", scenario, again);
        }
        var choice = tune
            ? PolicyTuning.Tune(scenario, PolicyCatalogue.Grid(policy), [goodput], Threads)[0].Choice
            : PolicyCatalogue.Default(policy);
        var outcome = FleetSimulator.Run(scenario, choice.Create(scenario), keepTimeline: true, progress.Report);
        return new SimulatedRun(deployment, policy, choice.Parameters, scenario, outcome);
    }
}

/// <summary>One policy on one deployment.</summary>
/// <param name="Deployment">The deployment's name.</param>
/// <param name="Policy">The policy's name.</param>
/// <param name="Parameters">Its parameters, for people.</param>
/// <param name="Scenario">What was simulated.</param>
/// <param name="Outcome">What came of it; null where the oracle found no plan.</param>
internal sealed record SimulatedRun(string Deployment, string Policy, string Parameters, FleetScenario Scenario, FleetOutcome? Outcome);

/// <summary>The forms of <c>simulate -o</c>.</summary>
internal enum SimulationFormat
{
    /// <summary>For people.</summary>
    Table,

    /// <summary>For programs.</summary>
    Json,

    /// <summary>For spreadsheets.</summary>
    Csv,
}
