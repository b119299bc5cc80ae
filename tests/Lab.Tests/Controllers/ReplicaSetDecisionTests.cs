using Nemotron.Lab.Controllers.Workloads;

namespace Nemotron.Lab.Controllers.Tests;

public class ReplicaSetDecisionTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly Dictionary<string, int> NoCrowd = [];

    /// <summary>Each pair: the first is given up before the second, all else being equal.</summary>
    public static TheoryData<string> Pairs => ["unbound", "pending", "unknown", "unready", "cheap", "crowded", "young-ready", "restarted", "young"];

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Victims_are_ranked_as_by_the_real_controller(string pair)
    {
        var ready = Pod("z") with { ReadySince = Now.AddHours(-4) };
        var (first, second) = pair switch
        {
            "unbound" => (Pod("z") with { NodeName = null, DeletionCost = 100 }, Pod("a")),
            "pending" => (Pod("z") with { Phase = "Pending", DeletionCost = 100 }, Pod("a")),
            "unknown" => (Pod("z") with { Phase = "Unknown" }, Pod("a")),
            "unready" => (Pod("z") with { DeletionCost = 100 }, Pod("a") with { ReadySince = Now }),
            "cheap" => (ready with { DeletionCost = -1, NodeName = "n2" }, ready with { Uid = "a", NodeName = "n1" }),
            "crowded" => (ready with { NodeName = "n1", ReadySince = Now.AddHours(-9) }, ready with { Uid = "a", NodeName = "n2" }),
            "young-ready" => (ready with { ReadySince = Now.AddHours(-1) }, ready with { Uid = "a" }),
            "restarted" => (ready with { Restarts = 2 }, ready with { Uid = "a", Created = Now.AddMinutes(-1) }),
            _ => (ready with { Created = Now.AddHours(-1) }, ready with { Uid = "a", Created = Now.AddHours(-10) }),
        };
        var ranking = new VictimRanking(new Dictionary<string, int> { ["n1"] = 2, ["n2"] = 1 }, Now);
        ranking.Compare(first, second).ShouldBeLessThan(0);
        ranking.Compare(second, first).ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Ages_within_one_power_of_two_count_as_equal()
    {
        // log2 of 100 min and of 110 min in nanoseconds have the same whole part, so the uid decides.
        var ranking = new VictimRanking(NoCrowd, Now);
        var younger = Pod("b") with { ReadySince = Now.AddMinutes(-100) };
        var older = Pod("a") with { ReadySince = Now.AddMinutes(-110) };
        ranking.Compare(older, younger).ShouldBeLessThan(0);
    }

    [Fact]
    public void Missing_pods_are_created_and_finished_ones_replaced()
    {
        var plan = ReplicaSetDecision.Decide(3, TimeSpan.Zero, [Pod("a"), Pod("b") with { Phase = "Failed" }, Pod("c") with { Deleting = true }], () => NoCrowd, Now);
        plan.Create.ShouldBe(2);
        plan.Replicas.ShouldBe(1);
        plan.Delete.ShouldBeEmpty();
    }

    [Fact]
    public void Steps_are_bounded() =>
        ReplicaSetDecision.Decide(20_000, TimeSpan.Zero, [], () => NoCrowd, Now).Create.ShouldBe(ReplicaSetDecision.Burst);

    [Fact]
    public void Availability_waits_for_min_ready_seconds()
    {
        var pods = new[] { Pod("a") with { ReadySince = Now.AddSeconds(-30) }, Pod("b") with { ReadySince = Now.AddSeconds(-5) } };
        var plan = ReplicaSetDecision.Decide(2, TimeSpan.FromSeconds(10), pods, () => NoCrowd, Now);
        (plan.Ready, plan.Available).ShouldBe((2, 1));
        plan.NextAvailable.ShouldBe(Now.AddSeconds(5));
    }

    private static PodFacts Pod(string uid) => new() { Name = uid, Uid = uid, NodeName = "n2", Phase = "Running", Created = Now.AddHours(-5) };
}
