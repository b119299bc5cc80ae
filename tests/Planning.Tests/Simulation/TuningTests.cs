using Nemotron.Planning.Scaling;
using Nemotron.Planning.Simulation;
using Nemotron.Planning.Simulation.Policies;

namespace Nemotron.Planning.Tests.Simulation;

public sealed class TuningTests
{
    private static readonly Lazy<FleetScenario> Busy = new(() =>
    {
        var setup = ReplicaSetup.Of(new PlanRequest
        {
            Model = ModelCatalogue.Default.Find("Nano"), Gpu = GpuCatalogue.Default.Find("H100-SXM"), ContextTokens = 32_768, MaxBatchedTokens = 16_384,
        });
        var objective = new LatencyObjective(TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(60), 99);
        var spec = new ScalingPolicySpec { MaxReplicas = 40, Latency = new ByMode<LatencyObjective?>(objective, objective) };
        var recorded = new SyntheticTrace { Duration = TimeSpan.FromMinutes(18), MeanRate = 15, Seed = 3 }.Generate();
        var trace = new TraceShape { ReasoningShare = 0, ReasoningShareLater = 0.5 }.Apply(recorded);
        return setup.Scenario(spec, trace, TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(60));
    });

    [Theory]
    [InlineData("hpa-kv", 1)]
    [InlineData("keda-waiting", 2)]
    [InlineData("nemotron", 2)]
    public void Tuning_that_gives_runs_up_finds_what_running_all_finds(string policy, int threads)
    {
        // Reached by many, by few, and by none: the last asks for the one that comes nearest.
        double[] goodputs = [0.5, 0.95, 0.99, 1.01];
        var grid = PolicyCatalogue.Grid(policy);
        var all = PolicyTuning.RunAll(Busy.Value, grid, threads: 2);
        all.Select(run => run.Outcome.GpuHours).Distinct().Count().ShouldBeGreaterThan(3);
        var tuned = PolicyTuning.Tune(Busy.Value, grid, goodputs, threads);
        tuned.Count.ShouldBe(goodputs.Length);
        foreach (var (goodput, found) in goodputs.Zip(tuned))
        {
            var expected = PolicyTuning.Best(all, goodput);
            found.Choice.Parameters.ShouldBe(expected.Choice.Parameters, $"{goodput}");
            found.Reaches.ShouldBe(expected.Reaches);
            (found.Outcome with { Timeline = [] }).ShouldBe(expected.Outcome with { Timeline = [] });
        }
        tuned[^1].Reaches.ShouldBeFalse();
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(12, false)]
    [InlineData(4, true)]
    public void What_is_certain_of_a_run_grows_towards_its_outcome_and_never_past_it(int replicas, bool crashes)
    {
        var scenario = Busy.Value with { InitialReplicas = replicas, Failures = crashes ? [TimeSpan.FromMinutes(8), TimeSpan.FromMinutes(15)] : [] };
        var standings = new List<FleetStanding>();
        var watched = FleetSimulator.RunWhile(scenario, new PlannedPolicy([replicas]), standing =>
        {
            standings.Add(standing);
            return true;
        });
        var outcome = FleetSimulator.Run(scenario, new PlannedPolicy([replicas]));
        watched.ShouldNotBeNull();
        (watched with { Timeline = [] }).ShouldBe(outcome with { Timeline = [] });
        standings.Count.ShouldBeGreaterThan(70);
        foreach (var (earlier, later) in standings.Zip(standings.Skip(1)))
        {
            later.GpuHours.ShouldBeGreaterThanOrEqualTo(earlier.GpuHours);
            later.Goodput.ShouldBeLessThanOrEqualTo(earlier.Goodput);
        }
        standings[^1].GpuHours.ShouldBeLessThanOrEqualTo(outcome.GpuHours);
        standings[^1].Goodput.ShouldBeGreaterThanOrEqualTo(outcome.Goodput);
        standings[^1].Goodput.ShouldBe(outcome.Goodput, 0.01);
        standings[^1].GpuHours.ShouldBe(outcome.GpuHours, 1e-9);
    }

    [Fact]
    public void A_run_is_given_up_when_it_is_not_worth_going_on()
    {
        var asked = 0;
        FleetSimulator.RunWhile(Busy.Value, new PlannedPolicy([3]), _ => ++asked < 5).ShouldBeNull();
        asked.ShouldBe(5);
    }

    [Fact]
    public void A_policy_without_need_of_signals_sees_the_numbers_of_replicas()
    {
        var blind = new Counting([4, 4, 6], reads: false);
        var seeing = new Counting([4, 4, 6], reads: true);
        var scenario = Busy.Value with { InitialReplicas = 4 };
        var first = FleetSimulator.Run(scenario, blind);
        var second = FleetSimulator.Run(scenario, seeing);
        (first with { Timeline = [] }).ShouldBe(second with { Timeline = [] });
        blind.Seen.ShouldBe(seeing.Seen);
        blind.Seen.ShouldContain((6, 6));
    }

    [Fact]
    public void Selection_finds_what_sorting_finds()
    {
        var random = new Random(5);
        for (var count = 1; count <= 60; count++)
        {
            foreach (var distinct in (int[])[1, 3, 1000])
            {
                var values = Enumerable.Range(0, count).Select(_ => (float)random.Next(distinct)).ToArray();
                var sorted = values.Order().ToArray();
                for (var place = 0; place < count; place++) Selection.At((float[])values.Clone(), place).ShouldBe(sorted[place]);
            }
        }
        Should.Throw<ArgumentOutOfRangeException>(() => Selection.At([1f], 1));
    }

    private sealed class Counting(int[] plan, bool reads) : IScalingPolicy
    {
        private int _tick;

        public List<(int Asked, int Ready)> Seen { get; } = [];

        public bool ReadsSignals => reads;

        public int Decide(FleetView view)
        {
            Seen.Add((view.Signals.Replicas, view.Signals.Ready));
            // Decisions of the first five minutes are not followed.
            return plan[Math.Min(_tick++ / 20, plan.Length - 1)];
        }
    }
}
