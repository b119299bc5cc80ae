using System.CommandLine;
using System.Globalization;
using Nemotron.Autoscaling.Bench;
using Nemotron.Planning.Serving;
using Nemotron.Planning.Simulation;

var trace = new Option<FileInfo?>("--trace") { Description = "Azure trace; without it only the synthetic one is run." };
var models = new Option<string[]>("--models") { Description = "Models; all three if absent.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => ["Nano", "Super", "Ultra"] };
var scales = new Option<double[]>("--scales") { Description = "Rate scales.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [1, 5] };
var full = new Option<bool>("--full") { Description = "The whole matrix: rate scales 1, 2, 5, 10 and 20, and the trace kept apart. Takes hours." };
var synthetic = new Option<bool>("--synthetic") { Description = "Run the synthetic trace that is kept apart, instead of the recorded one." };
var noOracle = new Option<bool>("--no-oracle") { Description = "Leave out the oracle, which takes the most time." };
var ours = new Option<bool>("--ours") { Description = "Run our policy and the oracle only, every point of the grid." };
var threads = new Option<int>("--threads") { DefaultValueFactory = _ => 2 };
var shares = new Option<string[]>("--shares") { Description = "Shares to run, such as 0 0.3 1 flip; all if absent.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };
var root = new RootCommand("Compares autoscaling policies in simulation and prints the tables of docs/autoscaling.md.") { trace, models, scales, full, synthetic, noOracle, ours, threads, shares };
root.SetAction(given =>
{
    CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
    double[] wanted = given.GetValue(full) ? [1, 2, 5, 10, 20] : given.GetValue(scales)!;
    var loads = new List<(string Name, IReadOnlyList<TracedRequest> Requests)>();
    if (!given.GetValue(synthetic) && given.GetValue(trace) is { } file) loads.Add(("azure", TraceFile.Read(file.Name, File.ReadAllText(file.FullName))));
    if (given.GetValue(synthetic) || given.GetValue(full) || loads.Count == 0) loads.Add(("synthetic", new SyntheticTrace { Seed = 20261125 }.Generate()));
    foreach (var (name, requests) in loads)
    {
        var matrix = BenchScenario.Matrix(name, given.GetValue(models)!, wanted)
            .Where(scenario => given.GetValue(shares) is not { Length: > 0 } some || some.Contains(scenario.ShareLater is null ? scenario.ShareText : "flip"));
        new Comparison(requests, given.GetValue(threads), !given.GetValue(noOracle), given.GetValue(ours), Console.Out).Run(matrix);
    }
    return 0;
});
return root.Parse(args).Invoke();
