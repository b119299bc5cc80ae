using Nemotron.Planning.Placement;

namespace Nemotron.Planning.Tests.Placement;

public class WeightNodesTests
{
    [Fact]
    public void As_many_nodes_as_the_replicas_take_and_one_to_spare()
    {
        // Two replicas of four GPUs on a node of eight.
        WeightNodes.Choose([Node("a"), Node("b"), Node("c"), Node("d")], new GroupShape(1, 4), replicas: 3).ShouldBe(["a", "b", "c"]);
        WeightNodes.Choose([Node("a"), Node("b"), Node("c"), Node("d")], new GroupShape(1, 4), replicas: 2).ShouldBe(["a", "b"]);
        WeightNodes.Choose([Node("a"), Node("b"), Node("c"), Node("d")], new GroupShape(2, 8), replicas: 1).ShouldBe(["a", "b", "c"]);
        WeightNodes.Choose([Node("a")], new GroupShape(1, 4), replicas: 9).ShouldBe(["a"]);
    }

    [Fact]
    public void None_for_no_replica() => WeightNodes.Choose([Node("a")], new GroupShape(1, 4), replicas: 0).ShouldBeEmpty();

    [Fact]
    public void Those_that_hold_them_come_first_and_then_those_with_most_free_GPUs()
    {
        var nodes = new[] { Node("a", free: 2), Node("b", free: 8), Node("c", free: 0, holds: true), Node("d", free: 8) };
        WeightNodes.Choose(nodes, new GroupShape(1, 8), replicas: 2).ShouldBe(["c", "b", "d"]);
    }

    [Fact]
    public void A_choice_stays_when_other_nodes_become_free()
    {
        var shape = new GroupShape(1, 8);
        var first = WeightNodes.Choose([Node("a", free: 8), Node("b", free: 4), Node("c", free: 0)], shape, replicas: 1);
        var later = WeightNodes.Choose([.. new[] { Node("a", free: 0), Node("b", free: 0), Node("c", free: 8) }.Select(node => node with { Holds = first.Contains(node.Node.Name) })], shape, replicas: 1);
        later.ShouldBe(first, ignoreOrder: true);
    }

    [Fact]
    public void Nodes_that_cannot_take_a_pod_are_left_out()
    {
        var nodes = new[] { Node("cordoned", fault: NodeFault.Cordoned), Node("small", gpus: 2), Node("sick", fault: NodeFault.NotReady, holds: true), Node("well") };
        WeightNodes.Choose(nodes, new GroupShape(1, 4), replicas: 4).ShouldBe(["well"]);
    }

    private static WeightNode Node(string name, int gpus = 8, int? free = null, bool holds = false, NodeFault fault = NodeFault.None) =>
        new(new NodeState(name, "NVIDIA-H100-80GB-HBM3", 81559, gpus, gpus, gpus - (free ?? gpus), fault), holds);
}
