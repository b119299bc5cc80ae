using Nemotron.Controllers.NodePools;
using Nemotron.Controllers.NodePools.Provisioning;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;
using static Nemotron.Controllers.Tests.Builders.Cluster;

namespace Nemotron.Controllers.Tests.NodePools;

public class ScaleDecisionTests
{
    private static readonly ObjectReference Machines = new("cluster.x-k8s.io/v1beta1", "MachineDeployment", "m", "h100");
    private static readonly ObjectReference Other = new("nodes.example.com/v1", "NodeGroup", null, "h100");

    [Fact]
    public void What_is_not_known_changes_nothing()
    {
        var node = Empty(ANode("a"), 60).Cordoned();
        node.Metadata.Annotations[NemotronAnnotations.CordonReason] = "ScaleDown: empty.";
        var decision = ScaleDecision.Decide(Snapshot([node]), new ScaleState(Machines, null, "It does not answer."));
        decision.Size.ShouldBeNull();
        NodeMarking.Patch(Marked(node), APool("p"), decision.Marks["a"]).ShouldBeNull();
    }

    [Fact]
    public void A_kind_that_chooses_the_node_itself_is_not_lowered_while_a_group_runs()
    {
        NodeView[] nodes = [Empty(ANode("a"), 60), ANode("b")];
        var decision = ScaleDecision.Decide(Snapshot(nodes, busy: "b"), new ScaleState(Other, new ScaleReading(2, 2, "1")));
        (decision.Size!.Target, decision.Size.Leaving.Count).ShouldBe((2, 0));
        decision.Held.ShouldNotBeNull().ShouldContain("that could be b, which holds a group");
        var report = ProvisionReport.Of(Snapshot(nodes, busy: "b"), new ScaleState(Other, new ScaleReading(2, 2, "1")), decision);
        (report.Provisioned, report.Reason).ShouldBe((true, ConditionReasons.ScaleDownHeld));
        // With nothing running, any choice is harmless.
        ScaleDecision.Decide(Snapshot([Empty(ANode("a"), 60), Empty(ANode("b"), 60)]), new ScaleState(Other, new ScaleReading(2, 2, "1"))).Size!.Leaving.Count.ShouldBe(1);
    }

    [Fact]
    public void A_Machine_can_be_named()
    {
        var named = Empty(ANode("a"), 60);
        named.Metadata.Annotations[MachineReference.NameAnnotation] = "m-1";
        ScaleDecision.Decide(Snapshot([named, ANode("b")], busy: "b"), new ScaleState(Machines, new ScaleReading(2, 2, "1"))).Size!.Leaving.ShouldBe(["a"]);
        var nameless = ScaleDecision.Decide(Snapshot([Empty(ANode("a"), 60), ANode("b")], busy: "b"), new ScaleState(Machines, new ScaleReading(2, 2, "1")));
        (nameless.Size!.Leaving.Count, nameless.Held).ShouldBe((0, "Node a has no annotation cluster.x-k8s.io/machine, so its Machine cannot be named as the one to go."));
    }

    [Fact]
    public void A_person_s_cordon_is_left_to_the_person()
    {
        var node = Empty(ANode("a"), 60).Cordoned();
        var decision = ScaleDecision.Decide(Snapshot([node]), new ScaleState(Other, new ScaleReading(1, 1, "1")));
        (decision.Size!.Target, decision.Marks["a"].Cordon).ShouldBe((1, null));
        NodeMarking.Patch(Marked(node), APool("p"), decision.Marks["a"]).ShouldBeNull();
    }

    private static NodeView Empty(NodeView node, int minutes)
    {
        node.Metadata.Annotations = new Dictionary<string, string> { [NemotronAnnotations.EmptySince] = Now.AddMinutes(-minutes).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'") };
        return node;
    }

    private static NodeView Marked(NodeView node)
    {
        node.Metadata.Labels[NemotronLabels.NodePool] = "p";
        node.Metadata.Annotations[NemotronAnnotations.AppliedLabels] = NemotronLabels.NodePool;
        return node;
    }

    private static PoolSnapshot Snapshot(NodeView[] nodes, string? busy = null) => new(
        APool("p").With(spec => spec with
        {
            Gpu = new NodeGpuSpec { Product = "H100-SXM", PerNode = 8 },
            MaxNodes = 4,
            Provisioner = new ProvisionerSpec { Type = ProvisionerType.Scale, Scale = new ScaleProvisioner { TargetRef = new ScaleTargetReference { ApiVersion = "v1", Kind = "X", Name = "x" } } },
        }),
        new PoolMembership.Members(nodes, [], 0),
        nodes.ToDictionary(node => node.Metadata.Name, node => node.Metadata.Name == busy ? 8 : 0), 0, Now);
}
