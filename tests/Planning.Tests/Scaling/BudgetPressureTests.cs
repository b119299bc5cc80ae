using CsCheck;
using Nemotron.Planning.Scaling;

namespace Nemotron.Planning.Tests.Scaling;

/// <summary>When the thinking budget goes down, when it comes back, and when it stays.</summary>
public class BudgetPressureTests
{
    private static readonly PressurePolicy Policy = new() { DeclaredTokens = 8192, FloorTokens = 1000, StepAfter = TimeSpan.FromMinutes(2), RestoreAfter = TimeSpan.FromMinutes(10) };

    private static readonly PressureSignals Full = new() { Ready = 4, Ceiling = 4, CeilingBy = "maxReplicas", AtCeiling = true, Waiting = 37, QueueIsLong = true, KvUse = 0.97, Demand = 6, ThinkingShare = 0.8 };
    private static readonly PressureSignals Quiet = new() { Ready = 4, Ceiling = 4, CeilingBy = "maxReplicas", AtCeiling = true, Waiting = 0, QueueIsLong = false, KvUse = 0.2, Demand = 1, ThinkingShare = 0.8 };
    private static readonly PressureSignals Between = Quiet with { KvUse = 0.85 };
    private static readonly PressureSignals Nothing = new() { Ready = 4 };

    private DateTimeOffset _now = Scalings.Noon;
    private PressureState _state = PressureState.None;

    [Fact]
    public void Steps_halve_down_to_the_floor_and_no_further()
    {
        Enumerable.Range(0, 6).Select(Policy.At).ShouldBe([8192L, 4096, 2048, 1024, 1000, 1000]);
        Policy.MostSteps.ShouldBe(4);
        (Policy with { FloorTokens = 1, DeclaredTokens = 2 }).MostSteps.ShouldBe(1);
    }

    [Fact]
    public void It_goes_down_one_step_for_each_stretch_of_pressure_and_tells_why()
    {
        For(TimeSpan.FromSeconds(105), Full).ShouldBe(0);
        For(TimeSpan.FromSeconds(30), Full).ShouldBe(1);
        _state.Message.ShouldBe("Lowered from 8192 to 4096 tokens: all 4 replicas allowed by maxReplicas serve, 37 requests wait and 97 % of the KV cache is in use.");
        For(TimeSpan.FromSeconds(105), Full).ShouldBe(1, "what runs has the budget that it began with: the step must have time to show");
        For(TimeSpan.FromSeconds(30), Full).ShouldBe(2);
        For(TimeSpan.FromHours(1), Full).ShouldBe(4, "the floor");
    }

    [Fact]
    public void Pressure_with_breaks_is_no_pressure()
    {
        for (var i = 0; i < 20; i++)
        {
            For(TimeSpan.FromSeconds(105), Full).ShouldBe(0);
            For(TimeSpan.FromSeconds(15), i % 2 == 0 ? Between : Nothing).ShouldBe(0);
        }
    }

    [Theory]
    [InlineData(true, null, 0.2)]
    [InlineData(false, 1.0, 0.96)]
    [InlineData(null, null, 0.96)]
    public void A_long_queue_or_a_full_cache_is_enough(bool? queue, double? waiting, double? kv) =>
        For(TimeSpan.FromMinutes(3), Full with { QueueIsLong = queue, Waiting = queue is null ? null : waiting ?? 37, KvUse = kv }).ShouldBe(1);

    [Fact]
    public void While_a_replica_can_still_come_nothing_is_lowered() =>
        For(TimeSpan.FromHours(1), Full with { AtCeiling = false, Ceiling = 8 }).ShouldBe(0);

    [Fact]
    public void What_is_not_known_holds_in_both_directions()
    {
        For(TimeSpan.FromHours(2), Nothing).ShouldBe(0);
        For(TimeSpan.FromHours(2), Full with { AtCeiling = null }).ShouldBe(0);
        Lower(2);
        For(TimeSpan.FromDays(2), Nothing).ShouldBe(2);
        For(TimeSpan.FromDays(2), Full with { AtCeiling = null, Ceiling = null, Demand = null }).ShouldBe(2);
    }

    [Fact]
    public void It_comes_back_a_step_at_a_time_when_there_has_been_room_for_long_enough()
    {
        Lower(2);
        For(TimeSpan.FromMinutes(9), Quiet).ShouldBe(2);
        For(TimeSpan.FromMinutes(2), Quiet).ShouldBe(1);
        _state.Message.ShouldBe("Raised from 2048 to 4096 tokens: 0 requests wait and 20 % of the KV cache is in use, and the load would hold.");
        For(TimeSpan.FromMinutes(9), Quiet).ShouldBe(1);
        For(TimeSpan.FromMinutes(2), Quiet).ShouldBe(0);
        For(TimeSpan.FromHours(3), Quiet).ShouldBe(0);
    }

    [Fact]
    public void Between_full_and_room_nothing_moves()
    {
        Lower(2);
        For(TimeSpan.FromDays(1), Between).ShouldBe(2);
        For(TimeSpan.FromDays(1), Quiet with { Waiting = 3 }).ShouldBe(2);
    }

    [Fact]
    public void It_stays_down_while_the_load_would_not_hold_and_tries_after_a_long_time_of_room()
    {
        Lower(1);
        // 2.5 replicas' load, four fifths of it thinking, at twice the budget: 4.5 of 4.
        var busy = Quiet with { Demand = 2.5 };
        For(TimeSpan.FromMinutes(58), busy).ShouldBe(1);
        For(TimeSpan.FromMinutes(3), busy).ShouldBe(0);
        _state.Message!.ShouldContain("in use for 60 minutes");
    }

    [Fact]
    public void A_restart_keeps_the_steps_and_begins_the_stretch_anew()
    {
        Lower(2);
        For(TimeSpan.FromMinutes(8), Quiet).ShouldBe(2);
        _state = new PressureState { Steps = _state.Steps, ChangedAt = _state.ChangedAt, Message = _state.Message };
        For(TimeSpan.FromMinutes(8), Quiet).ShouldBe(2);
        For(TimeSpan.FromMinutes(3), Quiet).ShouldBe(1);
    }

    [Fact]
    public void A_higher_floor_takes_away_the_steps_that_are_no_more()
    {
        Lower(4);
        BudgetPressure.Decide(Policy with { FloorTokens = 4096 }, _state, Nothing, _now).Steps.ShouldBe(1);
    }

    [Fact]
    public void From_what_the_autoscaler_saw()
    {
        var spec = Scalings.Spec with { MaxReplicas = 2 };
        var crowded = new Scalings { Replicas = 2, On = 20, Queued = 200, KvUse = 0.97 }.Signals;
        Seen(crowded).ShouldSatisfyAllConditions(
            seen => seen.AtCeiling.ShouldBe(true), seen => seen.Ceiling.ShouldBe(2), seen => seen.CeilingBy.ShouldBe("maxReplicas"), seen => seen.Waiting.ShouldBe(200), seen => seen.QueueIsLong.ShouldBe(true),
            seen => seen.KvUse!.Value.ShouldBe(0.97, 1e-9), seen => seen.ThinkingShare.ShouldBe(1), seen => BudgetPressure.Sense(seen).ShouldBe(PressureSense.Saturated));

        // One that loads is help on its way, and one that has no GPU is none.
        Seen(crowded with { Ready = 1, PerReplica = [crowded.PerReplica[0]] }).AtCeiling.ShouldBe(false);
        Seen(crowded with { Ready = 1, PerReplica = [crowded.PerReplica[0]], GpuCeiling = 1 }).ShouldSatisfyAllConditions(seen => seen.AtCeiling.ShouldBe(true), seen => seen.CeilingBy.ShouldBe("the free GPUs"));
        var roomy = spec with { MaxReplicas = 20 };
        PressureSignals.Of(roomy, Decision(roomy, crowded), crowded, granted: 2).ShouldSatisfyAllConditions(seen => seen.AtCeiling.ShouldBe(true), seen => seen.CeilingBy.ShouldBe("the fleet"));
        PressureSignals.Of(roomy, Decision(roomy, crowded), crowded, granted: null).AtCeiling.ShouldBe(false);

        // A replica that does not tell may be full or empty.
        Seen(crowded with { PerReplica = [crowded.PerReplica[0], new ReplicaSignals("pod-1")] }).ShouldSatisfyAllConditions(seen => seen.Waiting.ShouldBeNull(), seen => seen.KvUse.ShouldBeNull());
        Seen(crowded with { Scraped = null }).AtCeiling.ShouldBeNull();
        var frozen = spec with { Frozen = true };
        PressureSignals.Of(frozen, Decision(frozen, crowded), crowded, granted: null).AtCeiling.ShouldBeNull("nobody knows whether a replica would come");

        PressureSignals Seen(ScalingSignals signals) => PressureSignals.Of(spec, Decision(spec, signals), signals, granted: null);
        static ScalingDecision Decision(ScalingPolicySpec spec, ScalingSignals signals) => ScalingDecider.Decide(spec, Scalings.Capacity, signals, ScalingState.Empty, Scalings.Noon).Decision;
    }

    [Fact]
    public void However_the_load_goes_the_budget_moves_a_step_at_a_time_never_faster_than_said_and_never_on_the_unknown() =>
        Gen.OneOf(Full, Quiet, Between, Nothing, Full with { AtCeiling = false }, Quiet with { Demand = 3.9 }).Array[1, 400].Sample(load =>
        {
            var (state, now, changed) = (PressureState.None, Scalings.Noon, Scalings.Noon - TimeSpan.FromDays(1));
            foreach (var signals in load.SelectMany(part => Enumerable.Repeat(part, 5)))
            {
                now += Scalings.Tick;
                var next = BudgetPressure.Decide(Policy, state, signals, now);
                var step = next.Steps - state.Steps;
                next.Steps.ShouldBeInRange(0, Policy.MostSteps);
                if (step != 0)
                {
                    Math.Abs(step).ShouldBe(1);
                    (now - changed).ShouldBeGreaterThanOrEqualTo(step > 0 ? Policy.StepAfter : Policy.RestoreAfter);
                    BudgetPressure.Sense(signals).ShouldBe(step > 0 ? PressureSense.Saturated : PressureSense.Room);
                    next.ChangedAt.ShouldBe(now);
                    changed = now;
                }

                state = next;
            }
        });

    private int For(TimeSpan time, PressureSignals signals)
    {
        for (var until = _now + time; _now < until;)
        {
            _now += Scalings.Tick;
            _state = BudgetPressure.Decide(Policy, _state, signals, _now);
        }

        return _state.Steps;
    }

    private void Lower(int steps)
    {
        while (_state.Steps < steps) For(Scalings.Tick, Full);
    }
}
