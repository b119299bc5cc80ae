using Nemotron.Controllers.NodePools;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using static Nemotron.Controllers.Tests.Builders.Cluster;

namespace Nemotron.Controllers.Tests.NodePools;

public class PoolStatusTests
{
    [Fact]
    public void Counts_every_GPU_once()
    {
        var status = Of([ANode("busy"), ANode("free"), ANode("sick", allocatable: 7), ANode("closed").Cordoned(), ANode("gone").NotReady()], new() { ["busy"] = 8, ["sick"] = 4 });

        status.Gpus.ShouldBe(new PoolGpuCounts { Total = 40, Usable = 23, Allocated = 12, Free = 11, Unhealthy = 1 });
        status.Nodes.ShouldBe(new PoolNodeCounts { Total = 5, Ready = 2, Starting = 0, Cordoned = 1, Unhealthy = 2 });
        status.LargestFreeGroup.ShouldBe(8);
        status.Gpu!.Product.ShouldBe(H100);
        status.Gpu.MemoryMiB.ShouldBe(81559);
    }

    [Theory]
    [InlineData(0, 8)]
    [InlineData(1, 4)]
    [InlineData(5, 2)]
    [InlineData(7, 1)]
    [InlineData(8, 0)]
    public void The_largest_group_is_a_power_of_two_on_one_node(int allocated, int largest) =>
        Of([ANode("n")], new() { ["n"] = allocated }).LargestFreeGroup.ShouldBe(largest);

    [Fact]
    public void Shared_and_sliced_GPUs_carry_no_group()
    {
        var status = Of([ANode("shared", product: H100 + "-SHARED"), ANode("sliced", product: "NVIDIA-A100-SXM4-40GB-MIG-1g.5gb")], []);
        status.LargestFreeGroup.ShouldBe(0);
        status.UnhealthyNodes!.Select(node => node.Reason).ShouldBe(["GpusShared", "GpusSliced"]);
    }

    [Fact]
    public void An_empty_pool_says_which_labels_it_looks_for()
    {
        var ready = Of([], []).Conditions!.Single(condition => condition.Type == ConditionTypes.Ready);
        ready.Status.ShouldBe("False");
        ready.Reason.ShouldBe(ConditionReasons.NoNodes);
        ready.Message.ShouldContain($"nvidia.com/gpu.product={H100}");
    }

    [Fact]
    public void Waiting_groups_are_told_with_what_is_free()
    {
        var condition = Of([ANode("n")], new() { ["n"] = 5 }, waiting: 2).Conditions!.Single(condition => condition.Type == ConditionTypes.CapacityAvailable);
        condition.Status.ShouldBe("False");
        condition.Message.ShouldContain("2 replicas wait");
        condition.Message.ShouldContain("at most 2 of them");
    }

    private static GpuNodePoolStatus Of(NodeView[] nodes, Dictionary<string, int> allocated, int waiting = 0) =>
        PoolStatus.Of(new PoolSnapshot(APool("p"), new PoolMembership.Members(nodes, [], 0), allocated, waiting, Now));
}
