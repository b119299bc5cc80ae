using System.Text.Json;
using CsCheck;
using Nemotron.Planning.Scaling;

namespace Nemotron.Planning.Tests.Scaling;

public sealed class ScalingProperties
{
    private static readonly Gen<Scalings> AnyLoad = Gen.Select(Gen.Double[0, 60], Gen.Double[0, 10], Gen.Double[0, 100], Gen.Double[0, 1], Gen.Double[0.005, 0.5])
        .Select((off, on, queued, kv, itl) => new Scalings { Off = off, On = on, Queued = queued, KvUse = kv, Itl = itl });

    // A load that keeps changing: so many ticks of each.
    private static readonly Gen<(Scalings Load, int Ticks)[]> AnyDay = Gen.Select(AnyLoad, Gen.Int[1, 40]).Array[1, 12];

    [Fact]
    public void No_scale_down_while_metrics_are_missing_in_1000_outage_schedules()
    {
        for (var seed = 0; seed < 1000; seed++)
        {
            var random = new Random(seed);
            var run = new ScalingRun { Replicas = 1 + random.Next(8) };
            var load = new Scalings { Off = 40 * random.NextDouble(), On = 4 * random.NextDouble() };
            var blindUntil = 0;
            for (var tick = 0; tick < 240; tick++)
            {
                if (random.Next(30) == 0) load = new Scalings { Off = 40 * random.NextDouble(), On = 4 * random.NextDouble() };
                if (tick >= blindUntil && random.Next(25) == 0) blindUntil = tick + 1 + random.Next(60);
                var here = load with { Replicas = run.Replicas };
                var blind = tick < blindUntil;
                // Missing in different ways: all, the arrivals, part of the fleet.
                var signals = !blind ? here.Signals : (seed % 3) switch
                {
                    0 => here.Blind,
                    1 => here.Signals with { Modes = new ByMode<ModeSignals>(ModeSignals.Unknown, ModeSignals.Unknown) },
                    _ => here.Signals with { Scraped = 0.5, Modes = new ByMode<ModeSignals>(here.Signals.Modes.Off with { Arrivals = new Reading(0, default) }, here.Signals.Modes.On) },
                };
                var desired = run.Decide(signals).Desired;
                if (blind) desired.ShouldBeGreaterThanOrEqualTo(run.Replicas, $"seed {seed}, tick {tick}");
                run.Replicas = desired;
            }
        }
    }

    [Fact]
    public void Never_more_than_two_changes_of_direction_in_ten_minutes() => AnyDay.Sample(day =>
    {
        var run = new ScalingRun(Scalings.Spec with { ScaleDown = new PaceLimit(TimeSpan.FromSeconds(30), MaxStep: 5) });
        var turns = new List<DateTimeOffset>();
        var direction = 0;
        foreach (var (load, ticks) in day)
        {
            for (var i = 0; i < ticks; i++)
            {
                var before = run.Replicas;
                var at = run.Now;
                var step = Math.Sign(run.Ticks(1, load).Desired - before);
                if (step != 0 && direction != 0 && step != direction) turns.Add(at);
                if (step != 0) direction = step;
            }
        }
        for (var i = 2; i < turns.Count; i++) (turns[i] - turns[i - 2]).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMinutes(10));
    }, iter: 300);

    [Fact]
    public void Desired_is_within_the_bounds() => Gen.Select(AnyDay, Gen.Int[1, 6], Gen.Int[0, 10]).Sample((day, min, more) =>
    {
        var run = new ScalingRun(Scalings.Spec with { MinReplicas = min, MaxReplicas = min + more }) { Replicas = min };
        foreach (var (load, ticks) in day)
        {
            for (var i = 0; i < ticks; i++) run.Ticks(1, load).Desired.ShouldBeInRange(min, min + more);
        }
    }, iter: 300);

    [Fact]
    public void More_demand_never_asks_for_fewer() => Gen.Select(AnyLoad, Gen.Double[1, 3], Gen.Int[1, 8]).Sample((load, factor, replicas) =>
    {
        // Factors so near 1 that a rounded product may fall short of it say nothing.
        var more = load with { Off = load.Off * factor, On = load.On * factor, Queued = load.Queued * factor, KvUse = Math.Min(1, load.KvUse * factor) };
        var asked = new ScalingRun().Decide((load with { Replicas = replicas }).Signals);
        var askedMore = new ScalingRun().Decide((more with { Replicas = replicas }).Signals);
        askedMore.Demand!.Replicas.ShouldBeGreaterThanOrEqualTo(asked.Demand!.Replicas * (1 - 1e-9));
    }, iter: 1000);

    [Fact]
    public void The_state_survives_JSON_with_the_same_next_decisions() => AnyDay.Sample(day =>
    {
        var run = new ScalingRun();
        var restarted = new ScalingRun();
        foreach (var (load, ticks) in day)
        {
            for (var i = 0; i < ticks; i++)
            {
                run.Ticks(1, load);
                restarted.State = JsonSerializer.Deserialize<ScalingState>(JsonSerializer.Serialize(restarted.State))!;
                restarted.Ticks(1, load);
                (restarted.Last.Desired, restarted.Last.Message).ShouldBe((run.Last.Desired, run.Last.Message));
            }
        }
        // It goes into an object's status.
        JsonSerializer.Serialize(run.State).Length.ShouldBeLessThan(8 * 1024);
    }, iter: 50);
}
