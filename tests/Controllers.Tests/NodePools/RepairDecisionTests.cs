using Nemotron.Controllers.NodePools;
using Nemotron.Controllers.NodePools.Health;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using static Nemotron.Controllers.Tests.Builders.Cluster;

namespace Nemotron.Controllers.Tests.NodePools;

public class RepairDecisionTests
{
    private static readonly GpuEvidence Well = new(true, [], [], []);

    [Fact]
    public void An_XID_that_asks_for_a_reboot_is_acted_on_at_once_and_one_of_the_application_never()
    {
        var decision = Decide([ANode("a"), ANode("b"), ANode("c")], node => node == "a" ? Reports(79) : node == "b" ? Reports(31) : Well);
        decision.Findings.ShouldHaveSingleItem().Sickness.Word.ShouldBe("Xid79");
        decision.Marks.Single().Value.ShouldBe(new NodeMarks { Cordon = "Xid79: GPU 3 reported XID 79, GPU has fallen off the bus: it comes back with a reboot at best.", Sick = "Xid79" });
        // Closed first, emptied once the cache has it closed.
        decision.Drain.ShouldBeEmpty();
        Decide([Closed(ANode("a"), "Xid79"), ANode("b"), ANode("c")], node => node == "a" ? Reports(79) : Well).Drain.ShouldHaveSingleItem().ShouldBe(new("a", true));
    }

    [Fact]
    public void A_fault_that_may_pass_is_waited_for()
    {
        var first = Decide([ANode("a").NotReady(), ANode("b"), ANode("c")]);
        (first.Marks.Count, first.LookAgain).ShouldBe((0, Now.AddMinutes(5)));
        Decide([ANode("a").NotReady(), ANode("b"), ANode("c")], since: Now.AddMinutes(-5)).Marks.Keys.ShouldBe(["a"]);
    }

    [Fact]
    public void A_policy_of_Report_only_reports()
    {
        var decision = Decide([ANode("a"), ANode("b"), ANode("c")], node => node == "a" ? Reports(79) : Well, RepairAction.Report);
        (decision.Findings.Count, decision.Marks.Count).ShouldBe((1, 0));
    }

    [Fact]
    public void Ignored_codes_are_ignored() =>
        Decide([ANode("a"), ANode("b")], node => node == "a" ? Reports(79) : Well, ignore: [79]).Findings.ShouldBeEmpty();

    [Fact]
    public void The_budget_lets_one_node_out_at_a_time()
    {
        NodeView[] nodes = [ANode("a"), ANode("b"), ANode("c"), ANode("d"), ANode("e")];
        var decision = Decide(nodes, node => node is "b" or "c" ? Reports(79) : Well);
        (decision.Marks.Keys.Single(), decision.Held.Single()).ShouldBe(("b", "c"));
        nodes[1] = Closed(ANode("b"), "Xid79");
        Decide(nodes, node => node is "b" or "c" ? Reports(79) : Well).Held.ShouldBe(["c"]);
    }

    [Fact]
    public void When_more_than_half_look_sick_nothing_is_done_and_one_alone_is_never_doubted()
    {
        var all = Decide([ANode("a"), ANode("b"), ANode("c")], node => node != "c" ? Reports(79) : Well);
        (all.Doubted, all.Marks.Count).ShouldBe((true, 0));
        Decide([ANode("a")], _ => Reports(79)).Marks.Count.ShouldBe(1);
    }

    [Fact]
    public void A_closed_node_is_opened_only_after_it_has_been_well_for_a_while()
    {
        var silent = Decide([Closed(ANode("a"), "Xid79"), ANode("b"), ANode("c")], _ => GpuEvidence.None);
        // Not known is not well.
        (silent.Marks["a"].WellSince, silent.Readmitted.Count).ShouldBe((null, 0));
        var standing = Decide([Closed(ANode("a"), "Xid79"), ANode("b"), ANode("c")], _ => Well with { Standing = [79] });
        standing.Marks["a"].WellSince.ShouldBeNull();
        var well = Decide([Closed(ANode("a"), "Xid79"), ANode("b"), ANode("c")]);
        (well.Marks["a"].WellSince, well.LookAgain).ShouldBe((Now, Now.AddMinutes(10)));
        Decide([Closed(ANode("a"), "Xid79", Now.AddMinutes(-10)), ANode("b"), ANode("c")]).Readmitted.ShouldBe(["a"]);
    }

    [Fact]
    public void Only_an_empty_node_is_handed_to_Karpenter()
    {
        NodeView[] nodes = [Closed(ANode("a"), "Xid79"), ANode("b"), ANode("c")];
        Decide(nodes, node => node == "a" ? Reports(79) : Well, RepairAction.Replace, ProvisionerType.Karpenter, allocated: 8).Replace.ShouldBeEmpty();
        Decide(nodes, node => node == "a" ? Reports(79) : Well, RepairAction.Replace, ProvisionerType.Karpenter).Replace.ShouldBe(["a"]);
        Decide(nodes, node => node == "a" ? Reports(79) : Well, RepairAction.Replace, ProvisionerType.Static).Replace.ShouldBeEmpty();
    }

    [Fact]
    public void A_closed_node_whose_kubelet_says_nothing_is_silent_and_one_that_says_it_is_not_ready_is_not()
    {
        Decide([Closed(ANode("a").NotReady(), "NodeNotReady"), ANode("b"), ANode("c")]).Silent.ShouldBe(["a"]);
        Decide([Closed(ANode("a").NotReady("False"), "NodeNotReady"), ANode("b"), ANode("c")]).Silent.ShouldBeEmpty();
        Decide([Closed(ANode("a").NotReady(), "NodeNotReady"), ANode("b"), ANode("c")], repair: RepairAction.Report).Silent.ShouldBeEmpty();
        // Where half the pool looks lost, more likely the API server is.
        Decide([Closed(ANode("a").NotReady(), "NodeNotReady"), ANode("b").NotReady(), ANode("c")]).Silent.ShouldBeEmpty();
    }

    [Fact]
    public void A_silent_node_that_waits_for_the_budget_is_silent_all_the_same_once_it_has_been_for_a_while()
    {
        NodeView[] nodes = [ANode("a").NotReady(), Closed(ANode("b").NotReady(), "NodeNotReady"), ANode("c"), ANode("d"), ANode("e")];
        var decision = Decide(nodes, since: Now.AddMinutes(-5));
        decision.Held.ShouldBe(["a"]);
        decision.Silent.Order().ShouldBe(["a", "b"]);
        Decide(nodes, since: Now.AddMinutes(-4)).Silent.ShouldBe(["b"]);
        // A person's cordon keeps nobody waiting either.
        nodes[0].Cordoned();
        Decide(nodes, since: Now.AddMinutes(-5)).Silent.Order().ShouldBe(["a", "b"]);
    }

    [Theory]
    // In a group, seconds since its grace period ended, grace in seconds → what becomes of it
    [InlineData(true, null, null, nameof(LostPod.Left))]
    [InlineData(true, -300, 300, nameof(LostPod.Waiting))]
    [InlineData(true, 29, 300, nameof(LostPod.Waiting))]
    [InlineData(true, 30, 300, nameof(LostPod.Removed))]
    [InlineData(true, 30, 0, nameof(LostPod.Left))]
    [InlineData(false, 300, 300, nameof(LostPod.Left))]
    public void Of_a_silent_node_only_overdue_pods_of_groups_are_removed(bool inGroup, int? overdue, int? grace, string fate)
    {
        var pod = inGroup ? APod("p", node: "a").InGroup("p", 0, worker: true) : APod("p", node: "a");
        pod.Metadata.DeletionTimestamp = overdue is { } seconds ? Now.AddSeconds(-seconds).UtcDateTime : null;
        pod.Metadata.DeletionGracePeriodSeconds = grace;
        LostPods.Of(pod, Now).ToString().ShouldBe(fate);
    }

    [Fact]
    public void A_gauge_tells_of_an_error_only_by_its_change()
    {
        var before = new Dictionary<(string, string), int> { [("a", "0")] = 0, [("a", "1")] = 79, [("a", "2")] = 31 };
        XidEdges.Came(before, [new("a", "0", 48), new("a", "1", 79), new("a", "2", 0), new("b", "0", 79)]).ShouldBe([new XidGauge("a", "0", 48)]);
    }

    [Fact]
    public void An_error_that_waits_is_not_forgotten_while_the_gauge_has_it()
    {
        NodeView[] nodes = [ANode("a"), Closed(ANode("b"), "Xid79"), ANode("c"), ANode("d"), ANode("e")];
        var waits = new UnhealthyNode { Name = "a", Reason = "Xid79", Message = "GPU 3 reported XID 79.", Since = Now.AddHours(-1).UtcDateTime };
        // The budget is spent on b.
        var held = Decide(nodes, _ => Well with { Standing = [79] }, former: waits);
        (held.Held.Single(), held.Findings.Single().Sickness).ShouldBe(("a", new NodeSickness("Xid79", "GPU 3 reported XID 79.", AtOnce: true)));
        Decide(nodes, _ => GpuEvidence.None, former: waits).Held.ShouldBe(["a"], "unknown is not well");
        Decide(nodes, _ => Well, former: waits).Held.ShouldBeEmpty("the gauge has no such code any more");
        Decide(nodes, _ => Well with { Standing = [79] }, ignore: [79], former: waits).Held.ShouldBeEmpty();
        Decide(nodes, _ => Well with { Standing = [79] }, former: waits with { Message = NodeSickness.ClosedPrefix + waits.Message }).Held.ShouldBeEmpty("a person has opened it again");
        Decide(nodes, _ => Well with { Standing = [79] }, former: waits with { Reason = "NodeNotReady" }).Held.ShouldBeEmpty();
        nodes[1] = ANode("b");
        Decide(nodes, _ => Well with { Standing = [79] }, former: waits).Marks.Keys.ShouldBe(["a"], "its turn has come");
    }

    [Fact]
    public void A_sick_node_that_a_person_has_closed_takes_nothing_of_the_budget()
    {
        NodeView[] nodes = [ANode("a").Cordoned(), ANode("b"), ANode("c"), ANode("d"), ANode("e")];
        var decision = Decide(nodes, node => node is "a" ? Well with { RowRemapFailed = ["0"] } : node is "b" ? Reports(79) : Well);
        decision.Findings.Select(finding => finding.Node).ShouldBe(["a", "b"]);
        (decision.Marks.Keys.Single(), decision.Held.Count).ShouldBe(("b", 0));
    }

    [Fact]
    public void A_graver_fault_of_a_closed_node_is_what_it_is_closed_for_from_then_on()
    {
        NodeView[] nodes = [Closed(ANode("a"), "NodeNotReady"), ANode("b"), ANode("c")];
        var decision = Decide(nodes, node => node == "a" ? Reports(79) : Well);
        decision.Marks["a"].ShouldBe(new NodeMarks { Cordon = "Xid79: GPU 3 reported XID 79, GPU has fallen off the bus: it comes back with a reboot at best.", Sick = "Xid79" });
        // What ran on the GPU is lost already.
        decision.Drain.ShouldHaveSingleItem().ShouldBe(new("a", true));
        nodes[0] = Closed(ANode("a"), "Xid79");
        Decide(nodes, node => node == "a" ? Reports(48) : Well).Marks["a"].Sick.ShouldBe("Xid79");
    }

    [Fact]
    public void A_GPU_without_spare_rows_is_not_well_while_nobody_reports_it()
    {
        NodeView[] nodes = [Closed(ANode("a"), NodeSickness.RowRemapFailure), ANode("b"), ANode("c")];
        Decide(nodes, _ => GpuEvidence.None).Marks["a"].WellSince.ShouldBeNull();
        Decide(nodes, node => node == "a" ? Well with { RowRemapFailed = ["0"] } : Well).Marks["a"].WellSince.ShouldBeNull();
        Decide(nodes).Marks["a"].WellSince.ShouldBe(Now);
    }

    [Fact]
    public void A_node_that_has_no_GPUs_yet_is_looked_at_again_when_it_should_have_them()
    {
        var young = ANode("a", allocatable: 0);
        young.Metadata.CreationTimestamp = Now.AddMinutes(-5).UtcDateTime;
        Decide([young, ANode("b")]).LookAgain.ShouldBe(Now.AddMinutes(10));
        young.Metadata.CreationTimestamp = Now.AddMinutes(-15).UtcDateTime;
        Decide([young, ANode("b")]).Findings.Single().Sickness.Word.ShouldBe("NoGpusOffered");
    }

    [Fact]
    public void While_a_budget_with_a_schedule_keeps_a_node_waiting_it_is_looked_at_each_minute()
    {
        DateTimeOffset? LookAgain(params DisruptionBudget[] budgets)
        {
            var pool = APool("p").With(spec => spec with { Health = new HealthPolicy { Repair = RepairAction.Drain }, Budgets = budgets });
            NodeView[] nodes = [ANode("a"), ANode("b"), ANode("c")];
            var snapshot = new PoolSnapshot(pool, new PoolMembership.Members(nodes, [], 0), nodes.ToDictionary(node => node.Metadata.Name, _ => 0), 0, Now);
            return PoolPlan.Decide(snapshot, null, null, node => node.Metadata.Name == "a" ? Reports(79) : Well).LookAgain;
        }

        LookAgain(new DisruptionBudget { Nodes = 0, Schedule = "0 8 * * *", Duration = TimeSpan.FromHours(10) }).ShouldBe(Now.AddMinutes(1));
        LookAgain(new DisruptionBudget { Nodes = 0 }).ShouldBeNull("it holds always");
        LookAgain(new DisruptionBudget { Nodes = 1, Schedule = "0 8 * * *", Duration = TimeSpan.FromHours(10) }).ShouldBeNull("nothing waits");
    }

    private static GpuEvidence Reports(int code) => new(true, [new GpuError("3", code, Now)], [code], []);

    private static NodeView Closed(NodeView node, string word, DateTimeOffset? wellSince = null)
    {
        node.Cordoned().Metadata.Annotations = new Dictionary<string, string> { [NemotronAnnotations.CordonReason] = $"{word}: why." };
        if (wellSince is { } at) node.Metadata.Annotations[NemotronAnnotations.WellSince] = at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
        return node;
    }

    private static RepairDecision Decide(
        NodeView[] nodes, Func<string, GpuEvidence>? gpus = null, RepairAction repair = RepairAction.Drain, ProvisionerType provisioner = ProvisionerType.Static,
        int allocated = 0, DateTimeOffset? since = null, int[]? ignore = null, UnhealthyNode? former = null)
    {
        var pool = APool("p").With(spec => spec with
        {
            Health = new HealthPolicy { Repair = repair, IgnoreXids = ignore },
            Provisioner = new ProvisionerSpec { Type = provisioner },
        });
        if (since is { } at) former = new UnhealthyNode { Name = "a", Reason = "NodeNotReady", Since = at.UtcDateTime };
        if (former is not null) pool.Status = new GpuNodePoolStatus { UnhealthyNodes = [former] };
        return RepairDecision.Decide(new PoolSnapshot(pool, new PoolMembership.Members(nodes, [], 0), nodes.ToDictionary(node => node.Metadata.Name, _ => allocated), 0, Now), node => (gpus ?? (_ => Well))(node.Metadata.Name));
    }
}
