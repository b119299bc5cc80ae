using k8s.Models;
using Nemotron.Controllers.Deployments;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Planning.Placement;
using static Nemotron.Controllers.Tests.Builders.Cluster;

namespace Nemotron.Controllers.Tests.Deployments;

/// <summary>What a pool that grows is reckoned with beyond the nodes that it has.</summary>
public class NodesToComeTests
{
    [Fact]
    public void A_pool_of_fixed_nodes_gets_none()
    {
        Of(null, most: 4, ANode("a")).ShouldBeEmpty();
        Of(ProvisionerType.Static, most: 4, ANode("a")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(ProvisionerType.Karpenter)]
    [InlineData(ProvisionerType.Scale)]
    public void A_pool_that_grows_gets_as_many_as_are_missing_to_maxNodes(ProvisionerType type)
    {
        Of(type, most: 3).Select(node => (node.Name, node.Free)).ShouldBe([("(new 1 of h100)", 8), ("(new 2 of h100)", 8), ("(new 3 of h100)", 8)]);
        Of(type, most: 3, ANode("a"), ANode("b")).Select(node => node.Name).ShouldBe(["(new 1 of h100)"]);
        Of(type, most: 1, ANode("a"), ANode("b")).ShouldBeEmpty();
        Of(type, most: 3).ShouldAllBe(node => NodesToCome.IsToCome(node.Name));
    }

    [Fact]
    public void A_node_that_has_joined_and_has_not_its_GPUs_yet_counts_with_them_for_a_quarter_of_an_hour()
    {
        Of(ProvisionerType.Scale, most: 1, Made(ANode("a", allocatable: 0), minutes: 14)).Single().ShouldSatisfyAllConditions(node => node.Name.ShouldBe("a"), node => node.Free.ShouldBe(8));
        Of(ProvisionerType.Scale, most: 1, Made(ANode("a").NotReady(), minutes: 14)).Single().Free.ShouldBe(8);
        Of(ProvisionerType.Scale, most: 1, Made(ANode("a", allocatable: 0), minutes: 15)).ShouldBeEmpty();
        Of(ProvisionerType.Scale, most: 1, Made(ANode("a").Cordoned(), minutes: 1)).ShouldBeEmpty();
    }

    [Fact]
    public void Nodes_of_racks_come_to_a_rack()
    {
        Of(ProvisionerType.Scale, most: 2, ANode("a").Label(NodeView.CliqueLabel, "rack-1")).Single().Clique.ShouldNotBeNull();
        Of(ProvisionerType.Scale, most: 2, ANode("a")).Single().Clique.ShouldBeNull();
    }

    [Theory]
    [InlineData("False", ConditionReasons.InsufficientCapacity, 0)]
    [InlineData("False", ConditionReasons.CrdMissing, 0)]
    [InlineData("False", ConditionReasons.ProvisioningFailed, 0)]
    [InlineData("False", ConditionReasons.GpusNotOffered, 0)]
    [InlineData("False", ConditionReasons.WaitingForNodes, 2)]
    [InlineData("True", ConditionReasons.AsManyAsNeeded, 2)]
    public void What_is_not_to_be_had_is_not_reckoned_with(string status, string reason, int nodes)
    {
        var pool = Pool(ProvisionerType.Karpenter, most: 2);
        pool.Status = new GpuNodePoolStatus { Conditions = [new V1Condition { Type = ConditionTypes.Provisioned, Status = status, Reason = reason }] };
        NodesToCome.Of(new PoolState(pool, []), Now).Count.ShouldBe(nodes);
    }

    private static IReadOnlyList<NodeState> Of(ProvisionerType? type, int most, params NodeView[] nodes) =>
        NodesToCome.Of(new PoolState(Pool(type, most), [.. nodes.Select(node => node.ToNodeState(0))]), Now);

    private static GpuNodePool Pool(ProvisionerType? type, int most) => APool("h100").With(spec => spec with
    {
        Gpu = new NodeGpuSpec { Product = "H100-SXM", PerNode = 8 },
        MaxNodes = most,
        Provisioner = type is null ? null : new ProvisionerSpec { Type = type },
    });

    private static NodeView Made(NodeView node, int minutes)
    {
        node.Metadata.CreationTimestamp = Now.AddMinutes(-minutes).UtcDateTime;
        return node;
    }
}
