using Nemotron.Planning.Scaling;

namespace Nemotron.Planning.Tests.Scaling;

public sealed class ScalingDeciderTests
{
    [Fact]
    public void A_jump_is_followed_in_the_tick_that_shows_it()
    {
        var run = new ScalingRun();
        run.Minutes(5, new Scalings { Off = 2 });
        run.Replicas.ShouldBe(1);
        run.Ticks(1, new Scalings { Off = 30 }).Desired.ShouldBeGreaterThan(3);
    }

    [Fact]
    public void Thinking_requests_are_demand_before_any_has_ended()
    {
        var quiet = new ScalingRun();
        quiet.Minutes(5, new Scalings { Off = 8 });
        var thinking = new ScalingRun();
        thinking.Minutes(5, new Scalings { Off = 8 });
        // The first minute after the flip: they arrive, none has ended, no engine shows anything yet.
        var load = new Scalings { Replicas = thinking.Replicas, Off = 2, On = 6 };
        var signals = load.Signals;
        var none = signals.Modes.On with { Completions = new Reading(0, default), PromptTokens = new Reading(0, default), CompletedTokens = new Reading(0, default), TtftSeconds = null, ItlSeconds = null };
        var decision = thinking.Decide(signals with { Modes = signals.Modes with { On = none } });
        decision.Desired.ShouldBeGreaterThan(2 * quiet.Replicas);
        decision.Message.ShouldContain("6 thinking ones");
    }

    [Fact]
    public void A_growing_queue_is_panic_and_nothing_is_taken_away()
    {
        var run = new ScalingRun { Replicas = 4 };
        run.Minutes(10, new Scalings { Off = 15 });
        foreach (var queued in (double[])[10, 40, 90, 180]) run.Ticks(1, new Scalings { Off = 15, Queued = queued });
        run.Last.Reasons.ShouldContain(ScalingReason.QueueGrowth);
        var most = run.Replicas;
        most.ShouldBeGreaterThan(4);
        run.Ticks(8, new Scalings { Off = 1 }).Desired.ShouldBe(most);
    }

    [Fact]
    public void What_a_held_request_asked_for_is_asked_for_on_while_nobody_can_say_whether_it_is_still_held()
    {
        var run = new ScalingRun(Scalings.Spec with { ScaleToZero = TimeSpan.FromMinutes(10) });
        // A fleet grants none yet.
        ScalingDecision Held(double? count) => run.Decide(new Scalings { Replicas = 0 }.Signals with { Held = count is { } known ? new Reading(known, default) : null });
        Held(null).Desired.ShouldBe(0);
        Held(1).Desired.ShouldBe(1);
        var asked = Held(null);
        (asked.Desired, asked.Reason, run.State.LastUp).ShouldBe((1, ScalingReason.NoData, Scalings.Noon + Scalings.Tick));
        (Held(0).Desired, Held(null).Desired).ShouldBe((0, 0));
    }

    [Fact]
    public void A_wish_that_is_not_granted_yet_stays_the_same_between_two_steps()
    {
        var run = new ScalingRun(Scalings.Spec with { ScaleUp = new PaceLimit(TimeSpan.Zero, Interval: TimeSpan.FromMinutes(1)) }) { Replicas = 3 };
        run.Minutes(5, new Scalings { Off = 8 });
        run.Replicas.ShouldBe(3);
        // A fleet leaves it at three.
        var begun = run.Now;
        var wished = run.Decide(new Scalings { Replicas = 3, Off = 30 }.Signals).Desired;
        wished.ShouldBeGreaterThan(4);
        for (var tick = 0; tick < 3; tick++)
        {
            var next = run.Decide(new Scalings { Replicas = 3, Off = 60 }.Signals);
            (next.Desired, next.Reason, run.State.LastUp).ShouldBe((wished, ScalingReason.RateLimited, begun));
        }

        run.Decide(new Scalings { Replicas = 3, Off = 60 }.Signals).Desired.ShouldBeGreaterThan(wished);
        run.State.LastUp.ShouldBe(begun + TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void A_clock_that_is_set_back_holds_nothing()
    {
        var run = new ScalingRun(Scalings.Spec with { ScaleUp = new PaceLimit(TimeSpan.Zero, Interval: TimeSpan.FromMinutes(1)) });
        run.Minutes(5, new Scalings { Off = 2 });
        run.Ticks(1, new Scalings { Off = 15 });
        var before = run.Replicas;
        before.ShouldBeGreaterThan(1);
        run.Now -= TimeSpan.FromHours(1);
        run.Ticks(1, new Scalings { Off = 40 }).Desired.ShouldBeGreaterThan(before);
        run.State.Arrivals.ShouldHaveSingleItem().Off.ShouldBe(40);
        new[] { run.State.LastTick, run.State.LastUp, run.State.LastRequest, run.State.Since }.ShouldAllBe(time => time < run.Now);
        // And it goes down again as ever.
        run.Minutes(20, new Scalings { Off = 0.5 }).Desired.ShouldBeLessThan(before);
    }

    [Fact]
    public void Down_goes_one_at_a_time_and_only_after_the_window()
    {
        var run = new ScalingRun { Replicas = 6 };
        run.Minutes(30, new Scalings { Off = 25 });
        run.Minutes(1, new Scalings { Off = 27 });
        var before = run.Replicas;
        run.Minutes(4.5, new Scalings { Off = 2 }).Desired.ShouldBe(before);
        var last = before;
        for (var i = 0; i < 80; i++)
        {
            var next = run.Ticks(1, new Scalings { Off = 2 }).Desired;
            (last - next).ShouldBeInRange(0, 1);
            last = next;
        }
        last.ShouldBe(1);
    }

    [Fact]
    public void After_a_burst_that_turned_the_fleet_it_shrinks_within_ten_minutes_as_far_as_there_is_ample_room()
    {
        var (run, most, turned) = Burst();
        run.Until(() => run.Replicas < most, Small);
        (run.State.LastTurn!.Value - turned).ShouldBeInRange(TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(8));
        run.State.TurnBefore.ShouldBe(turned);
        while (run.Now < turned + TimeSpan.FromMinutes(10)) run.Ticks(1, Small);
        run.Replicas.ShouldBeLessThan(most);
    }

    [Fact]
    public void A_rise_that_would_be_the_third_turn_in_ten_minutes_waits_for_them_to_be_over()
    {
        var (run, most, turned) = Burst();
        run.Until(() => run.Replicas < most, Small);
        while (run.Now < turned + TimeSpan.FromMinutes(10)) run.Ticks(1, Large).Desired.ShouldBeLessThan(most);
        run.Ticks(1, Large).Desired.ShouldBeGreaterThanOrEqualTo(most);
    }

    [Fact]
    public void Latency_while_a_replica_joins_teaches_nothing()
    {
        var (joined, settled) = (Ended(ready: 3), Ended(ready: 4));
        joined.State.Latency.ShouldBe(joined.Before);
        settled.State.Latency.ShouldNotBe(settled.Before);

        // Four replicas that are slow for a minute; where only three of them served before, the fourth has just joined.
        static (LatencyEstimates Before, ScalingState State) Ended(int ready)
        {
            var run = new ScalingRun { Replicas = 4 };
            run.Minutes(5, new Scalings { Off = 14 });
            run.Replicas = 4;
            run.Decide(new Scalings { Off = 14, Replicas = 4, Ready = ready }.Signals);
            var before = run.State.Latency;
            for (var i = 0; i < 4; i++) run.Decide(new Scalings { Off = 14, Replicas = 4, Itl = 0.2 }.Signals);
            return (before, run.State);
        }
    }

    private static Scalings Small { get; } = new() { Off = 15 };

    private static Scalings Large { get; } = new() { Off = 45 };

    // Down to a few replicas, and up again: the last change of direction is that.
    private static (ScalingRun Run, int Most, DateTimeOffset Turned) Burst()
    {
        var run = new ScalingRun { Replicas = 12 };
        run.Minutes(30, Small);
        run.Until(() => run.State.LastTurn is not null, Large);
        run.Minutes(1, Large);
        return (run, run.Replicas, run.State.LastTurn!.Value);
    }

    [Fact]
    public void One_fewer_must_hold_the_load()
    {
        var run = new ScalingRun { Replicas = 2 };
        run.Minutes(10, new Scalings { Off = 9 });
        run.Replicas.ShouldBe(2);
        run.Last.Demand!.Replicas.ShouldBeGreaterThan(1);
    }

    [Theory]
    [InlineData(ScalingReason.KvUtilization)]
    [InlineData(ScalingReason.Throughput)]
    [InlineData(ScalingReason.Latency)]
    public void Each_demand_can_be_the_one_that_binds(ScalingReason reason)
    {
        var (spec, load) = reason switch
        {
            ScalingReason.KvUtilization => (Scalings.Spec, new Scalings { Replicas = 2, Off = 2, KvUse = 0.95 }),
            ScalingReason.Throughput => (Scalings.Spec with { Throughput = 0.5, Latency = default }, new Scalings { Replicas = 2, Off = 14 }),
            _ => (Scalings.Spec with { Throughput = 1 }, new Scalings { Replicas = 2, Off = 14, Itl = 0.15 }),
        };
        var run = new ScalingRun(spec);
        for (var i = 0; i < 80; i++) run.Decide(load.Signals);
        run.Last.Demand!.Largest.ShouldBe(reason);
        run.Last.Desired.ShouldBeGreaterThan(2);
        run.Last.Reason.ShouldBe(reason);
    }

    [Fact]
    public void What_the_fleet_shows_corrects_the_model_within_bounds_and_is_forgotten()
    {
        var run = new ScalingRun { Replicas = 4 };
        var slow = new Scalings { Replicas = 4, Off = 15, Itl = 5 };
        for (var i = 0; i < 400; i++) run.Decide(slow.Signals);
        var worst = run.Last.Demand!.Correction;
        worst.ShouldBeInRange(0.05, 0.9);
        for (var i = 0; i < 400; i++) run.Decide((slow with { Itl = 0.02 }).Signals);
        run.Last.Demand!.Correction.ShouldBeGreaterThan(worst);
    }

    [Fact]
    public void What_cannot_be_true_is_discarded_and_reported()
    {
        var run = new ScalingRun { Replicas = 2 };
        run.Minutes(2, new Scalings { Off = 8 });
        var signals = new Scalings { Replicas = 2, Off = 8 }.Signals;
        var over = signals with { PerReplica = [signals.PerReplica[0] with { KvTokensUsed = new Reading(2e6, default) }, signals.PerReplica[1]] };
        run.Decide(over).Discarded.ShouldHaveSingleItem().ShouldContain("400 %");
        run.Last.Reasons.ShouldContain(ScalingReason.DataDiscarded);
        var negative = signals with { Modes = signals.Modes with { Off = signals.Modes.Off with { Arrivals = new Reading(-3, default) } } };
        run.Decide(negative).Reason.ShouldBe(ScalingReason.NoData);
        run.Last.Discarded.ShouldHaveSingleItem().ShouldContain("arrivals of mode Off: -3");
        run.Decide(signals with { Modes = signals.Modes with { On = signals.Modes.On with { InFlight = new Reading(double.NaN, default) } } }).Reason.ShouldBe(ScalingReason.NoData);
    }

    [Fact]
    public void Stale_readings_are_unknown()
    {
        var run = new ScalingRun { Replicas = 2 };
        var signals = new Scalings { Replicas = 2, Off = 8 }.Signals;
        var old = signals.Modes.Off with { Arrivals = new Reading(0, TimeSpan.FromMinutes(5)) };
        run.Decide(signals with { Modes = signals.Modes with { Off = old } }).Reason.ShouldBe(ScalingReason.NoData);
    }

    [Fact]
    public void A_fleet_that_is_scraped_in_part_does_not_shrink()
    {
        var run = new ScalingRun { Replicas = 5 };
        run.Minutes(1, new Scalings { Off = 1 });
        for (var i = 0; i < 200; i++) run.Decide(new Scalings { Replicas = 5, Off = 1 }.Signals with { Scraped = 0.6 }).Desired.ShouldBe(5);
        run.Last.Reason.ShouldBe(ScalingReason.NoData);
    }

    [Fact]
    public void Frozen_is_frozen()
    {
        var run = new ScalingRun(Scalings.Spec with { Frozen = true, MaxReplicas = 3 });
        run.Decide(new Scalings { Replicas = 7, Off = 100 }.Signals).Desired.ShouldBe(7);
        run.Last.Reason.ShouldBe(ScalingReason.Frozen);
    }

    [Fact]
    public void Steps_and_intervals_hold_the_way_up()
    {
        var run = new ScalingRun(Scalings.Spec with { ScaleUp = new PaceLimit(TimeSpan.Zero, MaxStep: 2, Interval: TimeSpan.FromMinutes(1)) });
        var numbers = Enumerable.Range(0, 9).Select(_ => run.Ticks(1, new Scalings { Off = 60 }).Desired).ToArray();
        numbers.ShouldBe([3, 3, 3, 3, 5, 5, 5, 5, 7]);
    }

    [Fact]
    public void A_need_upwards_must_last_where_that_is_asked()
    {
        var run = new ScalingRun(Scalings.Spec with { ScaleUp = new PaceLimit(TimeSpan.FromMinutes(1)) });
        run.Minutes(3, new Scalings { Off = 2 });
        run.Ticks(3, new Scalings { Off = 30 }).Reason.ShouldBe(ScalingReason.Stabilizing);
        run.Replicas.ShouldBe(1);
        run.Ticks(3, new Scalings { Off = 30 }).Desired.ShouldBeGreaterThan(3);
    }

    [Fact]
    public void Schedules_go_by_their_time_zone()
    {
        var office = new ScalingSchedule("office", "0 8 * * 1-5", TimeSpan.FromHours(10), "Europe/Berlin", MinReplicas: 4);
        // 4 March 2026 is a Wednesday; Berlin is an hour ahead of UTC.
        Min(new DateTimeOffset(2026, 3, 4, 6, 59, 59, TimeSpan.Zero)).ShouldBe(1);
        Min(new DateTimeOffset(2026, 3, 4, 7, 0, 0, TimeSpan.Zero)).ShouldBe(4);
        Min(new DateTimeOffset(2026, 3, 4, 16, 59, 59, TimeSpan.Zero)).ShouldBe(4);
        Min(new DateTimeOffset(2026, 3, 4, 17, 0, 0, TimeSpan.Zero)).ShouldBe(1);
        // In summer two.
        Min(new DateTimeOffset(2026, 7, 1, 6, 0, 0, TimeSpan.Zero)).ShouldBe(4);
        Min(new DateTimeOffset(2026, 3, 7, 9, 0, 0, TimeSpan.Zero)).ShouldBe(1);

        int Min(DateTimeOffset at) => ReplicaBounds.At(Scalings.Spec with { Schedules = [office] }, at).Min;
    }

    [Fact]
    public void Of_several_schedules_the_highest_bounds_count()
    {
        ScalingSchedule always(string name, int? min, int? max) => new(name, "* * * * *", TimeSpan.FromMinutes(2), MinReplicas: min, MaxReplicas: max);
        var spec = Scalings.Spec with { Schedules = [always("low", 2, 3), always("high", 5, 9)] };
        ReplicaBounds.At(spec, Scalings.Noon).ShouldBe(new ReplicaBounds(5, 9, "high"));
        new ScalingRun(spec).Decide(new Scalings { Replicas = 1, Off = 0.1 }.Signals).Reason.ShouldBe(ScalingReason.Schedule);
    }

    [Theory]
    [InlineData("0 8 * *", null, "schedule s: start '0 8 * *' is not five cron fields")]
    [InlineData("0 8 * * *", "Europe/Atlantis", "schedule s: time zone 'Europe/Atlantis' is not known here")]
    public void A_schedule_that_cannot_be_read_names_itself(string start, string? zone, string message) =>
        Should.Throw<ArgumentException>(() => ReplicaBounds.At(Scalings.Spec with { Schedules = [new ScalingSchedule("s", start, TimeSpan.FromHours(1), zone)] }, Scalings.Noon))
            .Message.ShouldContain(message);

    [Fact]
    public void The_measured_lead_time_replaces_the_assumed_one()
    {
        var run = new ScalingRun();
        run.Decide(new Scalings { Off = 5 }.Signals).Demand!.LeadTime.ShouldBe(Scalings.Capacity.LeadTime);
        run.Decide(new Scalings { Off = 5 }.Signals with { MeasuredLeadTime = TimeSpan.FromSeconds(300) }).Demand!.LeadTime.ShouldBe(TimeSpan.FromSeconds(300));
    }
}
