using Nemotron.Planning.Placement;
using Nemotron.Planning.Pools;

namespace Nemotron.Planning.Tests.Pools;

public class PoolSizingTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_group_that_waits_gets_a_node()
    {
        var size = PoolSizing.Decide(Demand(0, waiting: [Group("ultra", 1, 8)]));
        (size.Target, size.Unplaced.Count).ShouldBe((1, 0));
        size.Message.ShouldBe("1 node asked for: 1 more for 1 waiting replica.");
    }

    [Fact]
    public void Free_GPUs_on_two_nodes_hold_no_group_of_eight()
    {
        // 8 are free, 4 and 4: the sum would do, the group does not.
        PoolSizing.Decide(Demand(2, [Node("a", allocated: 4), Node("b", allocated: 4)], [Group("ultra", 1, 8)])).Target.ShouldBe(3);
        PoolSizing.Decide(Demand(2, [Node("a", allocated: 4), Node("b", allocated: 4)], [Group("one", 1, 4), Group("two", 1, 4)])).Target.ShouldBe(2);
    }

    [Fact]
    public void A_group_over_two_nodes_gets_both_or_none()
    {
        PoolSizing.Decide(Demand(0, waiting: [Group("ultra", 2, 8)])).Target.ShouldBe(2);
        var short1 = PoolSizing.Decide(Demand(0, waiting: [Group("ultra", 2, 8)], max: 1));
        (short1.Target, short1.Unplaced.ShouldHaveSingleItem()).ShouldBe((0, "ultra"));
        short1.Message.ShouldBe("0 nodes asked for. 1 replica cannot be placed: 1 nodes are the maximum.");
    }

    [Fact]
    public void Nodes_on_their_way_are_counted_once() =>
        PoolSizing.Decide(Demand(1, waiting: [Group("a", 1, 8)])).Target.ShouldBe(1);

    [Fact]
    public void A_group_larger_than_a_node_makes_none()
    {
        var size = PoolSizing.Decide(Demand(0, waiting: [Group("huge", 1, 16)]));
        (size.Target, size.Unplaced.Count).ShouldBe((0, 1));
        size.Message.ShouldContain("a pod takes 16 GPUs, and a node has 8");
    }

    [Fact]
    public void An_empty_node_is_closed_after_the_delay_and_given_back_once_it_is_closed()
    {
        var early = PoolSizing.Decide(Demand(1, [Node("a", emptyFor: 9)]));
        (early.Target, early.Leaving.Count, early.LookAgain).ShouldBe((1, 0, Now.AddMinutes(1)));
        var due = PoolSizing.Decide(Demand(1, [Node("a", emptyFor: 10)]));
        (due.Target, due.Leaving.ShouldHaveSingleItem(), due.Released.Count).ShouldBe((1, "a", 0));
        var closed = PoolSizing.Decide(Demand(1, [Node("a", emptyFor: 10) with { State = PoolNodeState.Leaving }]));
        (closed.Target, closed.Released.ShouldHaveSingleItem()).ShouldBe((0, "a"));
    }

    [Fact]
    public void A_node_that_was_to_go_is_used_again_before_another_is_asked_for()
    {
        var size = PoolSizing.Decide(Demand(1, [Node("a", emptyFor: 20) with { State = PoolNodeState.Leaving }], [Group("g", 1, 8)]));
        (size.Target, size.Leaving.Count).ShouldBe((1, 0));
    }

    [Fact]
    public void Nothing_more_is_given_back_while_some_go()
    {
        var size = PoolSizing.Decide(Demand(1, [Node("a", emptyFor: 60), Node("b", emptyFor: 60) with { State = PoolNodeState.Leaving }]));
        (size.Target, size.Leaving.ShouldHaveSingleItem(), size.Released.Count).ShouldBe((1, "b", 0));
    }

    [Fact]
    public void The_minimum_is_kept_and_reached() =>
        (PoolSizing.Decide(Demand(1, [Node("a", emptyFor: 60)], min: 1)).Leaving.Count, PoolSizing.Decide(Demand(0, min: 2)).Target).ShouldBe((0, 2));

    [Fact]
    public void A_sick_node_neither_holds_a_group_nor_goes()
    {
        var size = PoolSizing.Decide(Demand(1, [Node("a", emptyFor: 60) with { State = PoolNodeState.Closed }], [Group("g", 1, 8)]));
        (size.Target, size.Leaving.Count).ShouldBe((2, 0));
    }

    [Fact]
    public void The_pods_of_a_group_stay_within_an_NVLink_domain()
    {
        var nodes = new[] { Node("a", gpus: 4) with { Domain = "x" }, Node("b", gpus: 4) with { Domain = "y" }, Node("c", gpus: 4) with { Domain = "y" } };
        var size = PoolSizing.Decide(Demand(3, nodes, [Group("g", 2, 4)], nodeGpus: 4));
        size.Placed.ShouldHaveSingleItem().Nodes.ShouldBe(["b", "c"]);
    }

    internal static PoolDemand Demand(int requested, PoolNode[]? nodes = null, WaitingGroup[]? waiting = null, int min = 0, int max = 4, int nodeGpus = 8) => new()
    {
        Nodes = nodes ?? [],
        Waiting = waiting ?? [],
        NodeGpus = nodeGpus,
        Requested = requested,
        MinNodes = min,
        MaxNodes = max,
        ScaleDownDelay = TimeSpan.FromMinutes(10),
        Now = Now,
    };

    internal static PoolNode Node(string name, int gpus = 8, int allocated = 0, double? emptyFor = null) =>
        new(name, gpus, allocated, PoolNodeState.Usable, emptyFor is { } minutes ? Now.AddMinutes(-minutes) : null);

    internal static WaitingGroup Group(string name, int pods, int gpus) => new(name, new GroupShape(pods, gpus));
}
