using CsCheck;
using Nemotron.Planning.Placement;

namespace Nemotron.Planning.Tests;

public sealed class GroupShapeTests
{
    [Theory]
    [InlineData(8, 1, 8, 1, 8)]
    [InlineData(2, 2, 8, 1, 4)]
    [InlineData(16, 1, 8, 2, 8)]
    [InlineData(8, 2, 8, 2, 8)]
    // Three stages of four: no pod holds parts of two tensor-parallel groups.
    [InlineData(4, 3, 8, 3, 4)]
    [InlineData(2, 6, 8, 2, 6)]
    [InlineData(8, 1, 4, 2, 4)]
    [InlineData(4, 1, 3, 2, 2)]
    [InlineData(2, 1, 1, 2, 1)]
    public void A_replica_takes_the_fewest_pods_that_split_it_evenly(int tp, int pp, int perNode, int pods, int gpusPerPod) =>
        GroupShape.For(tp, pp, perNode).ShouldBe(new GroupShape(pods, gpusPerPod));

    [Fact]
    public void Any_shape_has_all_GPUs_and_fits_its_nodes() => Gen.Select(Gen.Int[0, 5], Gen.Int[1, 16], Gen.Int[1, 16]).Sample((power, pp, perNode) =>
    {
        var tp = 1 << power;
        var shape = GroupShape.For(tp, pp, perNode);
        shape.Gpus.ShouldBe(tp * pp);
        shape.GpusPerPod.ShouldBeLessThanOrEqualTo(perNode);
        (shape.GpusPerPod % tp == 0 || tp % shape.GpusPerPod == 0).ShouldBeTrue();
    });

    [Fact]
    public void Groups_take_whole_pods_of_free_nodes()
    {
        var shape = new GroupShape(2, 8);
        TpGroups.FreeGroups([Node(8), Node(8), Node(8), Node(7)], shape).ShouldBe(1);
        TpGroups.FreeGroups([Node(8), Node(8), Node(8), Node(8)], shape).ShouldBe(2);
        TpGroups.FreeGroups([Node(8)], new GroupShape(1, 4)).ShouldBe(2);
    }

    [Fact]
    public void Groups_do_not_leave_their_NVLink_domain()
    {
        var shape = new GroupShape(2, 4);
        TpGroups.FreeGroups([Node(4, "a"), Node(4, "b")], shape).ShouldBe(0);
        TpGroups.FreeGroups([Node(4, "a"), Node(4, "b"), Node(4, "a")], shape).ShouldBe(1);
    }

    private static NodeState Node(int free, string? clique = null) => new("n", "H100", 81559, 8, free, 0, NodeFault.None) { Clique = clique };
}
