using k8s.Models;
using Nemotron.Controllers.Fleets;
using Nemotron.Crds;
using static Nemotron.Controllers.Tests.Builders.Cluster;

namespace Nemotron.Controllers.Tests.Fleets;

/// <summary>From what deployments want to what they are told to keep, and what is said of it.</summary>
public class FleetLoopTests
{
    [Fact]
    public async Task Without_a_fleet_nothing_changes_for_anybody()
    {
        var cluster = new FleetCluster(8);
        var nano = cluster.Deployment("nano", 1, 3);
        await cluster.SettleAsync();
        cluster.Replicas(nano).ShouldBe(3);
        cluster.Told(nano).ShouldBe(default);
    }

    [Fact]
    public async Task Three_priorities_share_too_few_gpus_by_rank_and_the_floor_stays()
    {
        var cluster = new FleetCluster(8);
        var fleet = cluster.Fleet(change: spec => spec with { Members = [Rules("bronze", floor: 2)] });
        var bronze = cluster.Deployment("bronze", 1, 8);
        await cluster.SettleAsync();
        cluster.Replicas(bronze).ShouldBe(8);
        cluster.Told(bronze).Status.ShouldBe("True");

        var silver = cluster.Deployment("silver", 1, 4, priority: 50);
        var gold = cluster.Deployment("gold", 4, 1, priority: 100);
        await cluster.SettleAsync();
        (cluster.Replicas(gold), cluster.Replicas(silver), cluster.Replicas(bronze)).ShouldBe((1, 2, 2));
        cluster.NodesOf(gold).ShouldBe(["n0"]);
        var (status, reason, message) = cluster.Told(bronze);
        (status, reason).ShouldBe(("False", ConditionReasons.LowerPriority));
        message.ShouldBe("NemotronFleet prod grants 2 of 8 replicas of 1 GPUs in pool h100: others come first. GPUs held: models/gold 4 (priority 100), models/silver 2 (priority 50).");

        var report = cluster.Harness.FleetBoard.ReportOf("prod")!;
        report.Status.Gpus.ShouldBe(new FleetGpuCounts { Budget = 8, Allocated = 8, Wanted = 16 });
        report.Status.Short!.Select(row => (row.Name, row.Granted, row.Wanted)).ShouldBe([("silver", 2, 4), ("bronze", 2, 8)]);
        FleetStatus.Of(fleet, report, Now, out _).Conditions!.Single(condition => condition.Type == ConditionTypes.CapacityAvailable).Reason.ShouldBe(ConditionReasons.LowerPriority);

        cluster.Delete(gold);
        await cluster.SettleAsync();
        (cluster.Replicas(silver), cluster.Replicas(bronze)).ShouldBe((4, 4));
    }

    [Fact]
    public async Task Who_gives_back_gives_what_the_other_needs_together()
    {
        var cluster = new FleetCluster(8, 8);
        cluster.Fleet();
        var batch = cluster.Deployment("batch", 1, 12);
        await cluster.SettleAsync();
        var chat = cluster.Deployment("chat", 8, 1, priority: 10);
        await cluster.SettleAsync();
        cluster.Replicas(chat).ShouldBe(1);
        cluster.NodesOf(chat).ShouldNotContain("-");
        // Four were on the second node, eight on the first: the four went, and no others.
        cluster.Replicas(batch).ShouldBe(8);
        cluster.NodesOf(batch).Distinct().ShouldHaveSingleItem();
        cluster.Harness.Patches.Sent.Count(sent => sent.Patch.Contains("-1000", StringComparison.Ordinal)).ShouldBe(4);
    }

    [Fact]
    public void Who_stands_in_knows_for_whom_by_what_the_leader_before_wrote_down()
    {
        var cluster = new FleetCluster(8);
        var fleet = cluster.Fleet(change: spec => spec with { TierFallback = new TierFallbackSpec { Enabled = true } });
        FallbackStatus Row(string name, string servedBy, string ns = "models") => new() { Namespace = ns, Name = name, ServedBy = servedBy, Since = Now.UtcDateTime };
        fleet.Status = new NemotronFleetStatus { Fallbacks = [Row("ultra", "small"), Row("super", "small"), Row("ultra-2", "other"), Row("ultra", "small", "elsewhere")] };
        var shares = new FleetShares(cluster.Harness.Membership, cluster.Harness.FleetBoard);
        shares.Of(cluster.Deployment("small", 1, 1))!.StandsInFor.ShouldBe(["super", "ultra"]);
        shares.Of(cluster.Deployment("ultra", 8, 1))!.ShouldSatisfyAllConditions(share => share.ServedBy.ShouldBe("small"), share => share.StandsInFor.ShouldBeEmpty());
        fleet.Spec = fleet.Spec with { TierFallback = null };
        shares.Of(cluster.Deployment("small", 1, 1))!.StandsInFor.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_pool_that_grows_gives_what_its_nodes_to_come_will_have()
    {
        var cluster = new FleetCluster();
        cluster.Pool.With(spec => spec with { MaxNodes = 2, Gpu = new NodeGpuSpec { Product = "H100-SXM", PerNode = 8 }, Provisioner = new ProvisionerSpec { Type = ProvisionerType.Karpenter } });
        cluster.Fleet();
        var super = cluster.Deployment("super", 8, 3);
        await cluster.SettleAsync();
        // Whoever waits as a pod makes the provisioner ask for nodes.
        cluster.Replicas(super).ShouldBe(2);
        cluster.NodesOf(super).ShouldBe(["-", "-"]);
        cluster.Told(super).Reason.ShouldBe(ConditionReasons.InsufficientGpus);

        // The first has joined, and then offers its GPUs.
        var node = ANode("n0", allocatable: 0);
        node.Metadata.CreationTimestamp = cluster.Harness.Time.GetUtcNow().UtcDateTime;
        cluster.Harness.Nodes.Objects.Add(node);
        await cluster.SettleAsync();
        cluster.Replicas(super).ShouldBe(2);
        node.Status!.Allocatable!["nvidia.com/gpu"] = "8";
        await cluster.SettleAsync();
        cluster.NodesOf(super).ShouldBe(["-", "n0"]);

        // There is no second to be had: what cannot come is not given.
        cluster.Pool.Status = new GpuNodePoolStatus { Conditions = [new V1Condition { Type = ConditionTypes.Provisioned, Status = "False", Reason = ConditionReasons.InsufficientCapacity }] };
        await cluster.SettleAsync();
        cluster.NodesOf(super).ShouldBe(["n0"]);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_stops_nothing()
    {
        var cluster = new FleetCluster(8);
        cluster.Fleet();
        var nano = cluster.Deployment("nano", 1, 2);
        await cluster.SettleAsync();
        cluster.Clock.Step = TimeSpan.FromHours(-1);
        nano.Spec = nano.Spec with { Replicas = 5 };
        await cluster.SettleAsync();
        cluster.Replicas(nano).ShouldBe(5);
    }

    [Fact]
    public async Task What_belongs_to_no_fleet_keeps_its_gpus()
    {
        var cluster = new FleetCluster(8);
        var outside = cluster.Deployment("outside", 1, 6, tier: "other");
        await cluster.SettleAsync();
        cluster.Fleet(change: spec => spec with { Selector = new V1LabelSelector { MatchExpressions = [new V1LabelSelectorRequirement { Key = "tier", OperatorProperty = "NotIn", Values = ["other"] }] } });
        var inside = cluster.Deployment("inside", 1, 4, priority: 1000);
        await cluster.SettleAsync();
        (cluster.Replicas(outside), cluster.Replicas(inside)).ShouldBe((6, 2));
        cluster.Told(outside).ShouldBe(default);
    }

    [Fact]
    public async Task A_new_leader_holds_what_there_is_until_all_have_said_what_they_want()
    {
        var cluster = new FleetCluster(8);
        cluster.Fleet();
        var nano = cluster.Deployment("nano", 1, 2);
        await cluster.SettleAsync();
        cluster.NewLeader();
        nano.Spec = nano.Spec with { Replicas = 5 };
        await cluster.Harness.ReconcileAsync(nano);
        cluster.Replicas(nano).ShouldBe(2);
        cluster.Told(nano).Status.ShouldBe("True", "what the last leader said holds");

        // A scale-down waits for nobody.
        nano.Spec = nano.Spec with { Replicas = 1 };
        await cluster.Harness.ReconcileAsync(nano);
        cluster.Replicas(nano).ShouldBe(1);
        nano.Spec = nano.Spec with { Replicas = 5 };
        await cluster.SettleAsync();
        cluster.Replicas(nano).ShouldBe(5);
    }

    [Fact]
    public async Task A_fleet_that_goes_lets_everybody_have_what_they_want()
    {
        var cluster = new FleetCluster(8);
        var fleet = cluster.Fleet(change: spec => spec with { Budgets = [new PoolBudget { NodePool = "h100", Gpus = 2 }] });
        var nano = cluster.Deployment("nano", 1, 4);
        await cluster.SettleAsync();
        cluster.Replicas(nano).ShouldBe(2);
        cluster.Told(nano).Reason.ShouldBe(ConditionReasons.BudgetSpent);
        cluster.Harness.Fleets.Objects.Remove(fleet);
        await cluster.SettleAsync();
        cluster.Replicas(nano).ShouldBe(4);
        cluster.Told(nano).ShouldBe(default);
    }

    [Fact]
    public async Task Two_of_the_same_priority_do_not_trade_a_group_for_ever()
    {
        var cluster = new FleetCluster(8);
        cluster.Fleet();
        var (a, b) = (cluster.Deployment("a", 4, 2), cluster.Deployment("b", 4, 2));
        await cluster.SettleAsync();
        (cluster.Replicas(a), cluster.Replicas(b)).ShouldBe((1, 1));
        var seen = new HashSet<string>();
        // Six hours, far beyond the minimum hold.
        for (var i = 0; i < 72; i++)
        {
            await cluster.RoundAsync(TimeSpan.FromMinutes(5));
            seen.UnionWith(cluster.Harness.Pods.Objects.Select(pod => pod.Metadata.Name));
        }

        seen.Count.ShouldBe(2, string.Join(' ', seen));
    }

    [Fact]
    public async Task Nothing_granted_is_said_to_be_that_and_not_that_nothing_is_wanted()
    {
        var cluster = new FleetCluster(8);
        cluster.Fleet(change: spec => spec with { NamespaceQuotas = [new NamespaceQuota { Namespace = "models", Gpus = 0 }] });
        var nano = cluster.Deployment("nano", 1, 1);
        await cluster.SettleAsync();
        cluster.Replicas(nano).ShouldBe(0);
        cluster.Told(nano, ConditionTypes.Ready).Status.ShouldBe("False");
        cluster.Told(nano, ConditionTypes.Ready).Reason.ShouldBe(ConditionReasons.NotGranted);
        cluster.Told(nano).Reason.ShouldBe(ConditionReasons.QuotaSpent);
    }

    [Fact]
    public async Task A_deployment_of_two_fleets_belongs_to_the_older_which_says_so()
    {
        var cluster = new FleetCluster(8);
        var first = cluster.Fleet("first");
        cluster.Fleet("second", spec => spec with { Budgets = [new PoolBudget { NodePool = "h100", Gpus = 0 }] });
        var nano = cluster.Deployment("nano", 1, 3);
        await cluster.SettleAsync();
        cluster.Replicas(nano).ShouldBe(3);
        var owned = FleetStatus.Of(first, cluster.Harness.FleetBoard.ReportOf("first"), Now, out _).Conditions!.Single(condition => condition.Type == ConditionTypes.MembersOwned);
        (owned.Status, owned.Reason).ShouldBe(("False", ConditionReasons.OverlappingFleets));
        owned.Message.ShouldContain("models/nano (second)");
    }

    [Fact]
    public async Task Fragments_that_keep_a_group_out_are_named()
    {
        var cluster = new FleetCluster(8, 8);
        cluster.Fleet();
        var small = cluster.Deployment("small", 1, 12, priority: 10);
        await cluster.SettleAsync();
        // One here, one there.
        var keep = cluster.Harness.Pods.Objects.GroupBy(pod => pod.NodeName).Select(node => node.First()).ToList();
        cluster.Harness.Pods.Objects.RemoveAll(pod => !keep.Contains(pod));
        small.Spec = small.Spec with { Replicas = 2 };
        var ultra = cluster.Deployment("ultra", 8, 1);
        await cluster.SettleAsync();
        cluster.Replicas(ultra).ShouldBe(0);
        var (status, reason, message) = cluster.Told(ultra);
        (status, reason).ShouldBe(("False", ConditionReasons.Fragmented));
        message.ShouldBe("NemotronFleet prod grants 0 of 1 replicas of 8 GPUs in pool h100: enough GPUs are free, but not 8 together on one node. GPUs held: models/small 2 (priority 10).");
    }

    [Fact]
    public async Task A_settled_fleet_causes_no_reconcile()
    {
        var cluster = new FleetCluster(8);
        cluster.Fleet();
        cluster.Deployment("a", 4, 2);
        cluster.Deployment("b", 4, 2);
        await cluster.SettleAsync();
        cluster.FleetsEnqueued.Clear();
        cluster.Harness.Events.Clear();
        for (var i = 0; i < 10; i++) await cluster.RoundAsync(TimeSpan.FromSeconds(16));
        cluster.FleetsEnqueued.ShouldBeEmpty();
        cluster.Harness.Events.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("In", new[] { "x" }, null)]
    [InlineData("Exists", new string[0], null)]
    [InlineData("in", new[] { "x" }, "spec.selector.matchExpressions[0].operator: must be In, NotIn, Exists or DoesNotExist, not \"in\"")]
    [InlineData("In", new string[0], "spec.selector.matchExpressions[0].values: must not be empty with operator In")]
    public void A_selector_that_cannot_be_read_is_refused(string op, string[] values, string? fault) =>
        LabelSelection.Fault(new V1LabelSelector { MatchExpressions = [new V1LabelSelectorRequirement { Key = "tier", OperatorProperty = op, Values = values }] }, "spec.selector").ShouldBe(fault);

    internal static FleetMember Rules(string tier, int? floor = null, int? ceiling = null, int? priority = null, int? weight = null) => new()
    {
        Name = tier,
        Selector = new V1LabelSelector { MatchLabels = new Dictionary<string, string> { ["tier"] = tier } },
        FloorReplicas = floor,
        CeilingReplicas = ceiling,
        Priority = priority,
        Weight = weight,
    };
}
