using Nemotron.Controllers.Engines;
using Nemotron.Crds;
using static Nemotron.Controllers.Tests.Builders.Cluster;
using static Nemotron.Controllers.Tests.Builders.Engine;

namespace Nemotron.Controllers.Tests.Engines;

/// <summary>Which replica is restarted when.</summary>
public class RestartDecisionTests
{
    private static readonly TimeSpan Startup = TimeSpan.FromMinutes(20);

    [Fact]
    public void Nothing_is_restarted_while_all_serve()
    {
        var decision = Decide(Findings(AGroup("a", report: Serving()), AGroup("b", report: Serving())));
        decision.Restart.ShouldBeNull();
        (decision.Hold, decision.Why, decision.Again).ShouldBe((RestartHold.None, "", null));
    }

    [Fact]
    public void A_sick_replica_is_restarted_and_written_down()
    {
        var decision = Decide(Findings(AGroup("a", report: Serving()), AGroup("b", report: Hung())));
        decision.Restart!.Replica.ShouldBe("b");
        decision.Nth.ShouldBe(1);
        decision.History.ShouldHaveSingleItem().ShouldBe(new EngineRestartStatus { Replica = "b", PodUid = "uid-b", Count = 1, Time = Now.UtcDateTime, Reason = ConditionReasons.NoProgress });
    }

    [Fact]
    public void The_only_replica_is_restarted_too() => Decide(Findings(AGroup("a", report: Unready()))).Restart!.Replica.ShouldBe("a");

    [Fact]
    public void A_pod_that_loads_without_a_word_is_left_alone() => Decide(Findings(AGroup("a", ready: false, report: null, age: 86_400))).Restart.ShouldBeNull();

    [Fact]
    public void Of_two_hung_at_once_one_waits_until_the_other_serves()
    {
        var first = Decide(Findings(AGroup("a", report: Hung()), AGroup("b", report: Hung())));
        first.Restart!.Replica.ShouldBe("a");

        var deleted = Decide(Findings(AGroup("a", report: Hung()).Deleted(), AGroup("b", report: Hung())), first.History);
        (deleted.Restart, deleted.Hold).ShouldBe((null, RestartHold.OneAtATime));

        var loading = Decide(Findings(AGroup("c", ready: false, age: 60), AGroup("b", report: Hung())), first.History);
        (loading.Restart, loading.Hold).ShouldBe((null, RestartHold.OneAtATime));
        loading.Why.ShouldContain("once c serves");
        loading.Again.ShouldBe(Now.AddSeconds(15));

        Decide(Findings(AGroup("c", report: Serving()), AGroup("b", report: Hung())), first.History).Restart!.Replica.ShouldBe("b");
    }

    [Theory]
    [InlineData("unschedulable")]
    [InlineData("does not start")]
    [InlineData("has had its time")]
    public void What_will_never_serve_by_itself_is_not_waited_for(string why)
    {
        var other = AGroup("a", ready: false, age: why == "has had its time" ? 1201 : 60);
        if (why == "unschedulable") other = other with { Pods = [APod("a", unschedulable: "no GPU")] };
        if (why == "does not start") other.Leader!.Status!.ContainerStatuses = [new() { State = new() { Waiting = new() { Reason = "CrashLoopBackOff" } } }];
        Decide(Findings(other, AGroup("b", report: Hung()))).Restart!.Replica.ShouldBe("b");
    }

    [Fact]
    public void One_found_a_moment_ago_waits_until_the_others_were_heard()
    {
        var fresh = AGroup("a", report: Hung()) with { FoundAt = Now.AddSeconds(-5) };
        var decision = Decide(Findings(fresh));
        (decision.Restart, decision.Hold, decision.Again).ShouldBe((null, RestartHold.Settling, Now.AddSeconds(15)));
    }

    [Theory]
    [InlineData(3, 3, false)]
    [InlineData(4, 4, true)]
    [InlineData(4, 8, false)]
    [InlineData(5, 9, true)]
    [InlineData(40, 100, false)]
    public void When_more_than_half_of_many_look_sick_the_signal_is_doubted(int sick, int known, bool doubted)
    {
        var decision = Decide(new EngineFindings([AGroup("a", report: Hung())], new FleetSigns(known, sick, 0)));
        (decision.Restart is null, decision.Hold == RestartHold.Doubted).ShouldBe((doubted, doubted));
        if (doubted) decision.Why.ShouldContain("serving.nemotron.dev/restarted-at");
    }

    [Fact]
    public void The_fleet_has_so_many_restarts_in_a_minute()
    {
        var decision = Decide(new EngineFindings([AGroup("a", report: Hung())], new FleetSigns(100, 1, HealingLimits.Default.PerMinute)));
        (decision.Restart, decision.Hold).ShouldBe((null, RestartHold.FleetLimit));
        decision.History.ShouldBeEmpty();
    }

    [Fact]
    public void Nothing_is_restarted_of_what_is_paused() =>
        RestartDecision.Decide(Findings(AGroup("a", report: Hung())), [], paused: true, Startup, Now, HealingLimits.Default).Hold.ShouldBe(RestartHold.Paused);

    [Theory]
    [InlineData(1, 59, false)]
    [InlineData(1, 60, true)]
    [InlineData(2, 119, false)]
    [InlineData(2, 120, true)]
    [InlineData(4, 479, false)]
    [InlineData(6, 1799, false)]
    [InlineData(6, 1800, true)]
    [InlineData(500, 1799, false)]
    [InlineData(500, 1800, true)]
    public void Each_restart_of_a_replica_waits_twice_as_long_up_to_half_an_hour(int count, int secondsAgo, bool again)
    {
        var decision = Decide(Findings(AGroup("a", report: Hung())), [Restarted("a", count, secondsAgo)]);
        if (again)
        {
            (decision.Restart!.Replica, decision.Nth).ShouldBe(("a", count + 1));
            return;
        }

        (decision.Restart, decision.Hold).ShouldBe((null, RestartHold.Backoff));
        decision.Why.ShouldStartWith(count == 1 ? "Restarted once without" : $"Restarted {count} times without");
        decision.Again.ShouldBe(Now.AddSeconds(-secondsAgo) + HealingLimits.Default.PauseAfter(count));
    }

    [Fact]
    public void Who_waits_for_its_pause_keeps_nobody_else_waiting() =>
        Decide(Findings(AGroup("a", report: Hung()), AGroup("b", report: Hung())), [Restarted("a", 5, 10)]).Restart!.Replica.ShouldBe("b");

    [Fact]
    public void What_was_written_down_and_not_done_is_done_as_the_same_restart()
    {
        var decision = Decide(Findings(AGroup("a", report: Hung())), [Restarted("a", 3, 2, uid: "uid-a")]);
        (decision.Restart!.Replica, decision.Nth).ShouldBe(("a", 3));
        decision.History.ShouldHaveSingleItem().Count.ShouldBe(3);
    }

    [Fact]
    public void The_pod_that_comes_in_place_of_a_restarted_one_has_its_history()
    {
        var history = RestartHistory.Current([Restarted("a", 3, 120)], [AGroup("older", age: 3600), AGroup("heir", age: 110), AGroup("later", age: 5)], Now, HealingLimits.Default);
        history.ShouldHaveSingleItem().Replica.ShouldBe("heir");
        Decide(Findings(AGroup("heir", report: Hung(), age: 110)), [Restarted("a", 3, 120)]).Hold.ShouldBe(RestartHold.Backoff);
    }

    [Fact]
    public void A_replica_that_has_been_well_for_an_hour_is_cured()
    {
        RestartHistory.Current([Restarted("a", 3, 3599)], [AGroup("a", report: Serving())], Now, HealingLimits.Default).ShouldHaveSingleItem();
        RestartHistory.Current([Restarted("a", 3, 3600)], [AGroup("a", report: Serving())], Now, HealingLimits.Default).ShouldBeEmpty();
        RestartHistory.Current([Restarted("a", 3, 3600)], [AGroup("a", report: Hung())], Now, HealingLimits.Default).ShouldHaveSingleItem();
    }

    private static RestartDecision Decide(EngineFindings findings, IReadOnlyList<EngineRestartStatus>? history = null) =>
        RestartDecision.Decide(findings, history, paused: false, Startup, Now, HealingLimits.Default);
}
