using System.Diagnostics;
using Nemotron.Planning.Serving;
using Nemotron.Planning.Simulation;
using Nemotron.Planning.Simulation.Policies;

namespace Nemotron.Autoscaling.Bench;

/// <summary>Runs every policy on every scenario and prints Markdown rows: GPU-hours at the goodput, ours, each peer tuned, the oracle and the lower bound.</summary>
internal sealed class Comparison(IReadOnlyList<TracedRequest> recorded, int threads, bool withOracle, bool oursOnly, TextWriter to)
{
    private static readonly double[] Goodputs = [0.99, 0.95];

    public void Run(IEnumerable<BenchScenario> matrix)
    {
        var peers = PolicyCatalogue.Names.Skip(1).ToArray();
        to.WriteLine($"| load | model | rate | thinking | goodput ≥ | ours as it comes | ours tuned | {string.Join(" | ", peers)} | best constant | oracle | bound | ours / best peer | ours / oracle |");
        to.WriteLine($"|{string.Concat(Enumerable.Repeat("---|", 12 + peers.Length))}");
        foreach (var scenario in matrix) Row(scenario, peers);
    }

    private void Row(BenchScenario scenario, string[] peers)
    {
        var clock = Stopwatch.StartNew();
        var built = scenario.Build(recorded, 99);
        var others = oursOnly ? [] : peers.Select(peer => PolicyTuning.Tune(built, PolicyCatalogue.Grid(peer), Goodputs, threads)).ToArray();
        var most = Most(built);
        var constants = new ConstantFleets(built, Goodputs.Min());
        for (var i = 0; i < Goodputs.Length; i++)
        {
            var goodput = Goodputs[i];
            var held = scenario.Build(recorded, 100 * goodput);
            var asIs = FleetSimulator.Run(held, PolicyCatalogue.Default("nemotron").Create(held));
            if (oursOnly)
            {
                if (i == 0) Explain(held);
                foreach (var (choice, outcome) in PolicyTuning.RunAll(held, PolicyCatalogue.Grid("nemotron"), threads))
                    Console.Error.WriteLine($"  {choice.Parameters}: {outcome.GpuHours:0.00} GPU-h, {100 * outcome.Goodput:0.00} %, TTFT p99 {outcome.TtftP99.TotalSeconds:0.00} s, ITL p99 {outcome.ItlP99.TotalMilliseconds:0} ms, {outcome.ScaleEvents} events, {outcome.DirectionChanges} turns, most {outcome.MostReplicas}");
            }
            var tuned = PolicyTuning.Tune(held, [.. PolicyCatalogue.Grid("nemotron"), PolicyCatalogue.Default("nemotron")], [goodput], threads)[0];
            var best = others.Select(tunings => tunings[i]).ToArray();
            var constant = constants.LeastGpuHours(goodput);
            var oracle = withOracle ? OracleSearch.Find(held, goodput)?.Outcome.GpuHours : null;
            var peer = best.Where(item => item.Reaches).Select(item => item.Outcome.GpuHours).DefaultIfEmpty(double.NaN).Min();
            var mine = tuned.Reaches ? tuned.Outcome.GpuHours : double.NaN;
            to.WriteLine(string.Join(" | ",
            [
                $"| {scenario.Load}", scenario.Model, $"{scenario.RateScale:0.#}", scenario.ShareText, $"{100 * goodput:0} %", Cell(asIs, asIs.Goodput >= goodput), Cell(tuned.Outcome, tuned.Reaches),
                .. best.Select(item => Cell(item.Outcome, item.Reaches)),
                constant is null ? "–" : $"{constant.Value:0.00}", oracle is null ? "–" : $"{oracle:0.00}", $"{FluidBound.GpuHours(held, goodput):0.00}", $"{mine / peer:0.00}", $"{mine / (oracle ?? double.NaN):0.00} |",
            ]));
            to.Flush();
        }
        Console.Error.WriteLine($"{scenario.Model} x{scenario.RateScale} {scenario.ShareText}: {built.Trace.Count} requests, begins with {built.InitialReplicas}, most goodput {100 * most:0.00} %, {clock.Elapsed.TotalSeconds:0} s");
    }

    // Every decision in words, beside what the fleet was like.
    private static void Explain(FleetScenario scenario)
    {
        var policy = new NemotronPolicy(scenario.Spec, scenario.Capacity);
        var messages = new List<string>();
        var outcome = FleetSimulator.Run(scenario, new Told(policy, messages), keepTimeline: true);
        foreach (var (sample, message) in outcome.Timeline.Zip(messages))
            Console.Error.WriteLine($"{sample.At.TotalMinutes:00.00} ready {sample.Ready} in flight {sample.InFlight} queue {sample.Queue} KV {100 * sample.KvUsed:0} % TTFT {sample.TtftSeconds:0.00} ITL {1000 * sample.ItlSeconds:0}: {message}");
    }

    private sealed class Told(NemotronPolicy policy, List<string> messages) : IScalingPolicy
    {
        public int Decide(FleetView view)
        {
            var replicas = policy.Decide(view);
            messages.Add($"f{policy.State.WorkFactor:0.00} s{policy.State.Spread:0.00} on{policy.State.LengthsOn.OutputTokens:0} {policy.Last!.Demand?.Correction:0.00} {policy.Last.Message}");
            return replicas;
        }
    }

    private static double Most(FleetScenario scenario)
    {
        const int plenty = 300;
        return FleetSimulator.Run(scenario with { InitialReplicas = plenty }, new PlannedPolicy([plenty])).Goodput;
    }

    private static string Cell(FleetOutcome outcome, bool reaches) => reaches ? $"{outcome.GpuHours:0.00}" : $"({100 * outcome.Goodput:0.0} %)";
}
