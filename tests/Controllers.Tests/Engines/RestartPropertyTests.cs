using CsCheck;
using Nemotron.Controllers.Engines;
using Nemotron.Crds;
using Nemotron.Engines.Fleet;
using Nemotron.Engines.Health;
using static Nemotron.Controllers.Tests.Builders.Cluster;
using static Nemotron.Controllers.Tests.Builders.Engine;

namespace Nemotron.Controllers.Tests.Engines;

/// <summary>What holds of restarts whatever is seen.</summary>
public class RestartPropertyTests
{
    private static readonly HealingLimits Limits = HealingLimits.Default;
    private static readonly TimeSpan Startup = TimeSpan.FromMinutes(20);

    private static readonly string[] Reasons =
        [HealthReasons.Serving, HealthReasons.NotReady, HealthReasons.UnreadyTooLong, HealthReasons.ConnectionRefused, HealthReasons.NoReply, HealthReasons.StartTimedOut, HealthReasons.PodTerminating];

    private static readonly Gen<EngineReport?> Report =
        from none in Gen.Int[0, 5]
        from state in Gen.Enum<EngineState>()
        from reason in Gen.OneOf(Reasons)
        from heard in Gen.Bool
        from hung in Gen.Bool
        from ago in Gen.Int[0, 90]
        from since in Gen.Int[0, 3600]
        select none == 0 ? null : Says(state, reason, heard, ago, since) with { Progress = hung ? Hung().Progress : Serving().Progress };

    private static readonly Gen<EngineGroup> Group =
        from name in Gen.Int[0, 8]
        from ready in Gen.Bool
        from age in Gen.Int[0, 4000]
        from report in Report
        from deleted in Gen.Int[0, 6]
        from found in Gen.Int[0, 60]
        let made = AGroup($"g{name}", ready, report, age)
        let placed = made.Sick is null ? made : made with { FoundAt = Now.AddSeconds(-found) }
        select deleted == 0 ? placed.Deleted() : placed;

    private static readonly Gen<EngineRestartStatus> Entry =
        from name in Gen.Int[0, 8]
        from count in Gen.Int[1, 40]
        from ago in Gen.Int[0, 7200]
        from same in Gen.Int[0, 6]
        select Restarted($"g{name}", count, ago, same == 0 ? $"uid-g{name}" : "before");

    private static readonly Gen<(EngineFindings Findings, EngineRestartStatus[] History, bool Paused)> Case =
        from replicas in Group.Array[0, 6]
        from history in Entry.Array[0, 4]
        from others in Gen.Int[0, 20]
        from othersSick in Gen.Int[0, 20]
        from recent in Gen.Int[0, 6]
        from paused in Gen.Int[0, 8]
        let distinct = replicas.DistinctBy(one => one.Replica).ToArray()
        let sick = distinct.Count(one => one.Sick is not null)
        let known = distinct.Count(one => one.Sick is not null || one.Report is { Heard: true })
        select (new EngineFindings(distinct, new FleetSigns(known + others, sick + Math.Min(others, othersSick), recent)), history.DistinctBy(entry => entry.Replica).ToArray(), paused == 0);

    [Fact]
    public void A_restart_has_evidence_a_budget_and_nobody_on_the_way_beside_it() => Case.Sample(each =>
    {
        var decision = RestartDecision.Decide(each.Findings, each.History, each.Paused, Startup, Now, Limits);
        if (decision.Restart is not { } group) return decision.Hold != RestartHold.None || each.Findings.Groups.All(other => other.Sick is null || other.Leaving);

        return group is { Sick: not null, Leaving: false, Report.Heard: true }
            && EngineSickness.Of(group.Report, Now, Limits) is not null
            && !each.Paused
            && !each.Findings.Fleet.Doubted(Limits)
            && each.Findings.Groups.All(other => other == group || (!other.Leaving && !other.OnItsWay(Now, Startup)));
    });

    [Fact]
    public void The_fleets_budget_and_the_pauses_hold_for_every_new_restart() => Case.Sample(each =>
    {
        var decision = RestartDecision.Decide(each.Findings, each.History, each.Paused, Startup, Now, Limits);
        if (decision.Restart is not { } group) return true;
        var before = RestartHistory.Of(RestartHistory.Current(each.History, each.Findings.Groups, Now, Limits), group);
        // One that was written down already is not another.
        if (before?.PodUid == group.Leader!.Metadata.Uid) return decision.Nth == before.Count;
        return each.Findings.Fleet.RecentRestarts < Limits.PerMinute
            && decision.Nth == (before?.Count ?? 0) + 1
            && (before is null || RestartHistory.NextAfter(before, Limits) <= Now)
            && RestartHistory.Of(decision.History, group) is { } entry && entry.Count == decision.Nth && entry.PodUid == group.Leader.Metadata.Uid;
    });

    [Fact]
    public void Nothing_unknown_is_ever_restarted() => Case.Sample(each =>
    {
        var groups = each.Findings.Groups.Select(group => AGroup(group.Replica, group.Ready, group.Report is null ? null : group.Report with { Heard = false })).ToArray();
        return RestartDecision.Decide(new EngineFindings(groups, each.Findings.Fleet), each.History, false, Startup, Now, Limits).Restart is null;
    });

    [Fact]
    public void Pauses_never_get_shorter_nor_longer_than_the_longest() => Gen.Int[0, 10_000].Sample(count =>
        Limits.PauseAfter(count) <= Limits.PauseAfter(count + 1) && Limits.PauseAfter(count + 1) <= Limits.LongestPause);

    [Fact]
    public void A_replica_that_is_always_sick_is_restarted_less_and_less()
    {
        IReadOnlyList<EngineRestartStatus> history = [];
        var restarts = new List<DateTimeOffset>();
        for (var now = Now; now < Now.AddHours(8); now = now.AddSeconds(10))
        {
            var report = Hung() with { PolledAt = now };
            var group = AGroup("a", report: report, uid: $"uid-{restarts.Count}");
            group = group with { Sick = EngineSickness.Of(report, now, Limits), FoundAt = now.AddMinutes(-1) };
            var decision = RestartDecision.Decide(Findings(group), history, false, Startup, now, Limits);
            if (decision.Restart is not null) restarts.Add(now);
            history = decision.History;
        }

        var pauses = restarts.Zip(restarts.Skip(1), (one, next) => next - one).ToList();
        pauses.SequenceEqual(pauses.Order()).ShouldBeTrue("each pause is at least as long as the one before");
        pauses.Count(pause => pause >= Limits.LongestPause).ShouldBeGreaterThan(10);
        // 5 pauses of 1 to 16 minutes, then one restart each half hour.
        restarts.Count.ShouldBeInRange(20, 22);
    }
}
