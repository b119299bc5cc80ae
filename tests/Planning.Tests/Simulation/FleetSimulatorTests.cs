using Nemotron.Planning.Scaling;
using Nemotron.Planning.Serving;
using Nemotron.Planning.Simulation;
using Nemotron.Planning.Simulation.Policies;

namespace Nemotron.Planning.Tests.Simulation;

public sealed class FleetSimulatorTests
{
    private static readonly Lazy<ReplicaSetup> Nano = new(() => ReplicaSetup.Of(new PlanRequest
    {
        Model = ModelCatalogue.Default.Find("Nano"), Gpu = GpuCatalogue.Default.Find("H100-SXM"), ContextTokens = 32_768, MaxBatchedTokens = 16_384,
    }));

    private static FleetScenario Scenario(IReadOnlyList<TracedRequest> trace, int initial = 1, int max = 20)
    {
        var objective = new LatencyObjective(TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(60), 99);
        var spec = new ScalingPolicySpec { MaxReplicas = max, Latency = new ByMode<LatencyObjective?>(objective, objective) };
        return Nano.Value.Scenario(spec, trace, TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(60)) with { InitialReplicas = initial };
    }

    private static IReadOnlyList<TracedRequest> Minutes(double minutes, double rate, double thinking = 0, int seed = 1) =>
        new TraceShape { ReasoningShare = thinking }.Apply(new SyntheticTrace { Duration = TimeSpan.FromMinutes(minutes), MeanRate = rate, Seed = seed }.Generate());

    private static PlannedPolicy Constant(int replicas) => new([replicas]);

    [Fact]
    public void A_hybrid_runs_as_many_sequences_as_its_engine_is_started_with()
    {
        var request = Plans.Request("Nemotron-Nano-9B-v2", context: null);
        var setup = ReplicaSetup.Of(request);
        setup.Limits.MaxSequences.ShouldBe(DeploymentPlan.Of(request, null, null).Request.Concurrency);
        setup.Limits.MaxSequences.ShouldBeGreaterThan(100);
        ReplicaSetup.Of(request, sequences: 8).Limits.MaxSequences.ShouldBe(8);
        ReplicaSetup.Of(Plans.Request("Nano"), sequences: 8).Limits.ShouldBe(ReplicaSetup.Of(Plans.Request("Nano")).Limits);
    }

    [Fact]
    public void One_replica_serves_as_a_replay_that_knows_the_requests_to_come()
    {
        // The replay knows when the next request comes; the fleet does not, and cuts its runs. Both must come to the same.
        var trace = Minutes(5, 3, thinking: 0.3);
        var scenario = Scenario(trace);
        var replayed = TraceReplay.Run(scenario.Model, scenario.Limits, trace);
        var simulated = FleetSimulator.Run(scenario, Constant(1));
        var ttft = replayed.Select(served => served.TimeToFirstToken!.Value.TotalSeconds).Order().ToArray();
        var itl = replayed.Select(served => served.TimePerOutputToken).OfType<TimeSpan>().Select(time => time.TotalSeconds).Order().ToArray();
        simulated.TtftP50.TotalSeconds.ShouldBe(ttft[(ttft.Length + 1) / 2 - 1], 1e-3);
        simulated.TtftP99.TotalSeconds.ShouldBe(ttft[(int)Math.Ceiling(0.99 * ttft.Length) - 1], 1e-2);
        simulated.ItlP50.TotalSeconds.ShouldBe(itl[(itl.Length + 1) / 2 - 1], 1e-4);
    }

    [Fact]
    public void Same_scenario_same_outcome()
    {
        var scenario = Scenario(Minutes(10, 20, thinking: 0.3), initial: 2);
        foreach (var name in PolicyCatalogue.Names)
        {
            var first = FleetSimulator.Run(scenario, PolicyCatalogue.Default(name).Create(scenario), keepTimeline: true);
            var second = FleetSimulator.Run(scenario, PolicyCatalogue.Default(name).Create(scenario), keepTimeline: true);
            second.Timeline.ShouldBe(first.Timeline, name);
            (second with { Timeline = [] }).ShouldBe(first with { Timeline = [] }, name);
        }
    }

    [Fact]
    public void GPU_time_counts_loading_and_draining()
    {
        var trace = Minutes(10, 1);
        var end = trace[^1].Sent;
        var constant = FleetSimulator.Run(Scenario(trace, initial: 2), Constant(2));
        constant.GpuHours.ShouldBe(2 * end.TotalHours, 1e-9);
        // A third is asked for at the first tick: it takes a GPU from then on, though it serves a minute later.
        var more = FleetSimulator.Run(Scenario(trace, initial: 2), Constant(3));
        more.GpuHours.ShouldBe(3 * end.TotalHours - FleetSimulator.TickInterval.TotalHours, 1e-9);
        more.WastedGpuHours.ShouldBeGreaterThan(Nano.Value.StartUp.TotalHours);
        more.ScaleEvents.ShouldBe(1);
    }

    [Fact]
    public void A_replica_that_is_taken_away_ends_its_requests_first()
    {
        var trace = Minutes(10, 4, thinking: 0.5);
        var fewer = FleetSimulator.Run(Scenario(trace, initial: 4), Constant(2), keepTimeline: true);
        fewer.Failed.ShouldBe(0);
        fewer.Timeline.ShouldContain(sample => sample.Existing > sample.Ready && sample.Wanted == 2);
        fewer.Timeline[^1].Existing.ShouldBe(2);
    }

    [Fact]
    public void A_crash_loses_what_is_in_flight_and_the_replica_loads_again()
    {
        var scenario = Scenario(Minutes(10, 4), initial: 2) with { Failures = [TimeSpan.FromMinutes(5)] };
        var outcome = FleetSimulator.Run(scenario, Constant(2), keepTimeline: true);
        outcome.Failed.ShouldBeGreaterThan(0);
        var loading = outcome.Timeline.Where(sample => sample.Ready == 1).ToArray();
        Math.Abs(loading.Length - scenario.StartUp / FleetSimulator.TickInterval).ShouldBeLessThanOrEqualTo(1.5);
        loading[0].At.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMinutes(5));
    }

    [Fact]
    public void Requests_wait_in_front_of_a_fleet_at_zero_and_are_served()
    {
        var trace = new TracedRequest[] { new(TimeSpan.FromMinutes(1), new ServingRequest(0, 100, 20)), new(TimeSpan.FromMinutes(20), new ServingRequest(1, 100, 20)) };
        var scenario = Scenario(trace, initial: 0);
        scenario = scenario with { Spec = scenario.Spec with { ScaleToZero = TimeSpan.FromMinutes(5) } };
        var outcome = FleetSimulator.Run(scenario, new NemotronPolicy(scenario.Spec, scenario.Capacity), keepTimeline: true);
        outcome.Failed.ShouldBe(0);
        outcome.TtftP99.ShouldBeGreaterThan(scenario.StartUp);
        outcome.Timeline.Count(sample => sample.Existing == 0).ShouldBeGreaterThan(20);
    }

    [Fact]
    public void Our_decision_holds_through_an_outage()
    {
        var scenario = Scenario(Minutes(30, 60), initial: 4) with { Outages = [(TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(20))] };
        var outcome = FleetSimulator.Run(scenario, new NemotronPolicy(scenario.Spec, scenario.Capacity), keepTimeline: true);
        var blind = outcome.Timeline.Where(sample => sample.At >= TimeSpan.FromMinutes(10) && sample.At < TimeSpan.FromMinutes(20)).ToArray();
        blind.Length.ShouldBe(40);
        blind.ShouldAllBe(sample => sample.Wanted == blind[0].Wanted && sample.ArrivalsOff == null);
    }

    [Fact]
    public void The_oracle_needs_no_more_than_a_constant_fleet_and_no_less_than_the_bound()
    {
        var scenario = Scenario(Minutes(15, 40), initial: 3);
        var found = OracleSearch.Find(scenario, 0.95, runs: 20);
        found.ShouldNotBeNull();
        found.Value.Outcome.Goodput.ShouldBeGreaterThanOrEqualTo(0.95);
        var enough = Enumerable.Range(1, 20).First(replicas => FleetSimulator.Run(scenario with { InitialReplicas = replicas }, Constant(replicas)).Goodput >= 0.95);
        found.Value.Outcome.GpuHours.ShouldBeLessThanOrEqualTo(enough * scenario.Trace[^1].Sent.TotalHours * scenario.GpusPerReplica + 1e-9);
        found.Value.Outcome.GpuHours.ShouldBeGreaterThanOrEqualTo(FluidBound.GpuHours(scenario, 0.95));
    }

    [Fact]
    public void An_hour_of_the_recorded_trace_is_replayed_with_every_request()
    {
        var trace = new TraceShape { MostPromptTokens = 8192 }.Apply(TraceFile.Read("azure-llm-2023-conv.csv", SharedData.Read("azure-llm-2023-conv.csv")));
        var scenario = Scenario(trace, initial: 1);
        var outcome = FleetSimulator.Run(scenario, new NemotronPolicy(scenario.Spec, scenario.Capacity));
        (outcome.Requests, outcome.Failed).ShouldBe((trace.Count, 0));
        outcome.Goodput.ShouldBeGreaterThan(0.9);
        outcome.DirectionChanges.ShouldBeLessThanOrEqualTo(2);
    }
}
