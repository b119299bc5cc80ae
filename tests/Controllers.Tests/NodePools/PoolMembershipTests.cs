using Nemotron.Controllers.NodePools;
using Nemotron.Crds;
using static Nemotron.Controllers.Tests.Builders.Cluster;

namespace Nemotron.Controllers.Tests.NodePools;

public class PoolMembershipTests
{
    [Fact]
    public void A_node_must_carry_every_label_of_the_selector()
    {
        var pool = APool("p").With(spec => spec with { NodeSelector = new Dictionary<string, string> { ["nvidia.com/gpu.product"] = H100, ["zone"] = "a" } });
        var members = PoolMembership.Of(pool, [pool], [ANode("in").Label("zone", "a"), ANode("out").Label("zone", "b"), ANode("unlabelled")]);
        members.Nodes.Select(node => node.Metadata.Name).ShouldBe(["in"]);
    }

    [Fact]
    public void Of_two_pools_that_match_the_older_gets_the_node_and_both_know()
    {
        var older = APool("z-older", age: 20);
        var younger = APool("a-younger", age: 10);
        var nodes = new[] { ANode("n") };
        PoolMembership.Of(older, [older, younger], nodes).Nodes.Count.ShouldBe(1);
        PoolMembership.Of(younger, [older, younger], nodes).Nodes.ShouldBeEmpty();
        PoolMembership.Of(older, [older, younger], nodes).Overlapping.ShouldBe(["a-younger"]);
        PoolMembership.Of(younger, [older, younger], nodes).Overlapping.ShouldBe(["z-older"]);
    }

    [Fact]
    public void A_pool_that_is_being_deleted_claims_nothing()
    {
        var older = APool("older", age: 20);
        older.Metadata.DeletionTimestamp = Now.UtcDateTime;
        var younger = APool("younger");
        PoolMembership.Of(younger, [older, younger], [ANode("n")]).Nodes.Count.ShouldBe(1);
    }

    [Fact]
    public void Beyond_maxNodes_those_that_are_members_already_stay()
    {
        var pool = APool("p").With(spec => spec with { MaxNodes = 1 });
        var members = PoolMembership.Of(pool, [pool], [ANode("a-new"), ANode("b-member").Label("serving.nemotron.dev/node-pool", "p")]);
        members.Nodes.Select(node => node.Metadata.Name).ShouldBe(["b-member"]);
        members.BeyondMaximum.ShouldBe(1);
    }

    [Fact]
    public void What_the_operator_asked_for_beyond_maxNodes_is_its_own_to_give_back()
    {
        var pool = APool("p").With(spec => spec with { MaxNodes = 1, Provisioner = new ProvisionerSpec { Type = ProvisionerType.Scale } });
        var members = PoolMembership.Of(pool, [pool], [ANode("a"), ANode("b")]);
        (members.Nodes.Count, members.BeyondMaximum).ShouldBe((2, 0));
    }
}
