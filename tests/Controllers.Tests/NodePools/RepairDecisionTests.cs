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
    public void A_gauge_tells_of_an_error_only_by_its_change()
    {
        var before = new Dictionary<(string, string), int> { [("a", "0")] = 0, [("a", "1")] = 79, [("a", "2")] = 31 };
        XidEdges.Came(before, [new("a", "0", 48), new("a", "1", 79), new("a", "2", 0), new("b", "0", 79)]).ShouldBe([new XidGauge("a", "0", 48)]);
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
        int allocated = 0, DateTimeOffset? since = null, int[]? ignore = null)
    {
        var pool = APool("p").With(spec => spec with
        {
            Health = new HealthPolicy { Repair = repair, IgnoreXids = ignore },
            Provisioner = new ProvisionerSpec { Type = provisioner },
        });
        if (since is { } at) pool.Status = new GpuNodePoolStatus { UnhealthyNodes = [new UnhealthyNode { Name = "a", Reason = "NodeNotReady", Since = at.UtcDateTime }] };
        return RepairDecision.Decide(new PoolSnapshot(pool, new PoolMembership.Members(nodes, [], 0), nodes.ToDictionary(node => node.Metadata.Name, _ => allocated), 0, Now), node => (gpus ?? (_ => Well))(node.Metadata.Name));
    }
}
