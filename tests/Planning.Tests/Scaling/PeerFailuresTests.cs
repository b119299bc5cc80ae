using Nemotron.Planning.Scaling;

namespace Nemotron.Planning.Tests.Scaling;

/// <summary>How other autoscalers have failed their users, one test each.</summary>
public sealed class PeerFailuresTests
{
    // dynamo#6985
    [Fact]
    public void Item_6_scales_down_at_zero_traffic_though_percentiles_are_NaN()
    {
        var run = new ScalingRun { Replicas = 6 };
        run.Minutes(2, new Scalings { Off = 30 });
        var idle = new Scalings { Off = 0, On = 0 };
        for (var i = 0; i < 4 * 60; i++)
        {
            var signals = (idle with { Replicas = run.Replicas }).Signals;
            var nothing = signals.Modes.Off with { TtftSeconds = new Reading(double.NaN, default), ItlSeconds = new Reading(double.NaN, default) };
            run.Replicas = run.Decide(signals with { Modes = new ByMode<ModeSignals>(nothing, nothing) }).Desired;
        }
        run.Replicas.ShouldBe(1);
        run.Last.Discarded.ShouldBeEmpty();
    }

    // dynamo#14251
    [Fact]
    public void Item_7_without_a_free_GPU_nothing_waits_for_ever_and_the_way_down_is_open()
    {
        var run = new ScalingRun { Replicas = 3 };
        var busy = new Scalings { Replicas = 3, Off = 60, GpuCeiling = 3 };
        for (var i = 0; i < 8; i++) run.Decide(busy.Signals).Desired.ShouldBe(3);
        run.Last.Reason.ShouldBe(ScalingReason.GpuCeiling);
        // Two more were asked for before the GPUs went; they pend for ever.
        for (var i = 0; i < 8; i++) run.Decide((busy with { Replicas = 5, Ready = 3 }).Signals).Desired.ShouldBe(5);
        var down = new List<int>();
        for (var i = 0; i < 4 * 25; i++) down.Add(run.Decide((busy with { Replicas = down.Count == 0 ? 5 : down[^1], Ready = Math.Min(3, down.Count == 0 ? 5 : down[^1]), Off = 1 }).Signals).Desired);
        down[^1].ShouldBe(1);
    }

    // dynamo#12428, PR#14575
    [Fact]
    public void Item_8_neither_an_outage_nor_a_surge_leaves_the_bounds()
    {
        var spec = Scalings.Spec with { MinReplicas = 3, MaxReplicas = 5 };
        var run = new ScalingRun(spec) { Replicas = 3 };
        run.Minutes(5, new Scalings { Off = 500, Queued = 1000 });
        (run.Replicas, run.Last.Reason).ShouldBe((5, ScalingReason.MaxReplicas));
        for (var i = 0; i < 400; i++)
        {
            var held = run.Decide(new Scalings { Replicas = 5 }.Blind);
            (held.Desired, held.Reason).ShouldBe((5, ScalingReason.MetricsDown));
        }
        run.Minutes(120, new Scalings { Off = 0 });
        run.Replicas.ShouldBe(3);
    }

    // aibrix#2670: 2, 4, 8, 16
    [Fact]
    public void Item_9_pending_replicas_are_supply()
    {
        var run = new ScalingRun();
        var load = new Scalings { Replicas = 2, Off = 25, Queued = 20 };
        run.Ticks(1, load);
        run.Decide(load.Signals);
        var first = run.Decide(load.Signals).Desired;
        first.ShouldBeInRange(3, 8);
        // The new ones load for minutes, and nothing gets better meanwhile.
        for (var i = 0; i < 20; i++) run.Decide((load with { Replicas = run.Last.Desired, Ready = 2, Queued = 20 + i }).Signals).Desired.ShouldBeLessThanOrEqualTo(first + 1);
        run.Last.Message.ShouldContain("still loading count as supply");
    }

    // LLMKube#484: 1 to 4, 41 times in 14 minutes
    [Fact]
    public void Item_10_another_writer_is_reported_and_not_fought_up_and_down()
    {
        var run = new ScalingRun();
        var asked = new List<int>();
        // Another controller puts the number back to 1 after each decision.
        for (var i = 0; i < 56; i++) asked.Add(run.Decide(new Scalings { Replicas = 1, Off = 20 }.Signals).Desired);
        run.Last.Reasons.ShouldContain(ScalingReason.ChangedElsewhere);
        asked.ShouldAllBe(replicas => replicas >= 1);
        asked.Zip(asked.Skip(1)).Count(pair => pair.First != pair.Second).ShouldBeLessThanOrEqualTo(2);
    }

    // llm-d-autoscaling#380
    [Fact]
    public void Item_11_no_load_no_growth()
    {
        var run = new ScalingRun();
        for (var i = 0; i < 1000; i++) run.Ticks(1, new Scalings()).Desired.ShouldBe(1);
        run.State.Arrivals.Count.ShouldBeLessThan(40);
    }

    // aibrix PR#2057
    [Fact]
    public void Item_12_an_engine_that_renames_its_KV_metric_is_still_scaled_and_it_is_said()
    {
        var run = new ScalingRun { Replicas = 2 };
        for (var i = 0; i < 12; i++)
        {
            var signals = new Scalings { Replicas = run.Replicas, Off = 40 }.Signals;
            run.Replicas = run.Decide(signals with { PerReplica = [.. signals.PerReplica.Select(replica => replica with { KvTokensUsed = null, KvTokensTotal = null })] }).Desired;
        }
        run.Replicas.ShouldBeGreaterThan(4);
        run.Last.Reasons.ShouldContain(ScalingReason.KvUnknown);
    }

    // kubeai#67
    [Fact]
    public void Item_13_zero_and_one_do_not_take_turns()
    {
        var run = new ScalingRun(Scalings.Spec with { ScaleToZero = TimeSpan.FromMinutes(2) });
        var numbers = new List<int>();
        // A request a minute: never idle for long enough.
        for (var i = 0; i < 240; i++) numbers.Add(run.Ticks(1, new Scalings { Off = i % 4 == 0 ? 1 / 60.0 : 0 }).Desired);
        numbers.ShouldAllBe(replicas => replicas == 1);
        run.Minutes(3, new Scalings());
        run.Replicas.ShouldBe(0);
        run.Last.Reason.ShouldBe(ScalingReason.Idle);
        // What waits in front wakes it at once, and it does not fall asleep before it has been idle again.
        run.Replicas = run.Decide(new Scalings { Replicas = 0 }.Blind with { Held = new Reading(1, TimeSpan.Zero) }).Desired;
        (run.Replicas, run.Last.Reason).ShouldBe((1, ScalingReason.Activation));
        run.Ticks(7, new Scalings()).Desired.ShouldBe(1);
    }

    [Fact]
    public void Item_13_a_time_that_nobody_saw_is_not_idle()
    {
        var run = new ScalingRun(Scalings.Spec with { ScaleToZero = TimeSpan.FromMinutes(30) });
        run.Ticks(1, new Scalings { Off = 1 / 60.0 });
        // Prometheus is away for longer than that; requests may have come all along.
        for (var i = 0; i < 4 * 31; i++) run.Decide(new Scalings().Blind).Desired.ShouldBe(1);
        run.Minutes(29, new Scalings());
        run.Replicas.ShouldBe(1);
        run.Minutes(2, new Scalings());
        run.Replicas.ShouldBe(0);
    }

    [Fact]
    public void Item_13_a_time_without_a_leader_is_not_idle()
    {
        var run = new ScalingRun(Scalings.Spec with { ScaleToZero = TimeSpan.FromMinutes(30) });
        run.Ticks(1, new Scalings { Off = 1 / 60.0 });
        run.Now += TimeSpan.FromHours(1);
        run.Minutes(29, new Scalings());
        run.Replicas.ShouldBe(1);
        run.Minutes(2, new Scalings());
        run.Replicas.ShouldBe(0);
    }

    [Fact]
    public void Item_13_replicas_that_are_not_scraped_may_be_busy()
    {
        var run = new ScalingRun(Scalings.Spec with { ScaleToZero = TimeSpan.FromMinutes(2) });
        for (var i = 0; i < 40; i++) run.Decide(new Scalings { Replicas = 2 }.Signals with { Scraped = 0.5 }).Desired.ShouldBe(2);
    }
}
