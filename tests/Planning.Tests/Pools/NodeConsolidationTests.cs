using CsCheck;
using Nemotron.Planning.Placement;
using Nemotron.Planning.Pools;

namespace Nemotron.Planning.Tests.Pools;

/// <summary>Which replicas move so that whole nodes become free.</summary>
public class NodeConsolidationTests
{
    // GPUs of each replica on each node of eight, of which the last may be one that does not move.
    private static readonly Gen<ConsolidationDemand> Demands =
        from nodes in Gen.Select(Gen.Int[0, 3].Select(power => 1 << power).Array[0, 6], Gen.Bool, Gen.Int[0, 6]).Array[1, 6]
        from most in Gen.Int[0, 4]
        from moves in Gen.OneOf(Gen.Int[0, 4], Gen.Const(32))
        select Pool(most, [.. nodes.Select(node => (Within(node.Item1), node.Item2 && node.Item3 == 0))]) with { MostMoves = moves };

    [Fact]
    public void Fragments_that_block_a_whole_node_are_joined_with_the_fewest_moves()
    {
        var plan = NodeConsolidation.Decide(Pool(1, ([2, 2], false), ([4], false), ([2, 1, 1], false)));
        plan.Emptied.ShouldBe(["n-1"]);
        plan.Moves.ShouldBe([new GroupMove("n-1/0", "n-1", "n-0")]);
    }

    [Fact]
    public void The_largest_go_first_into_the_tightest_room() =>
        NodeConsolidation.Decide(Pool(1, ([4, 1], false), ([4, 2, 1], false), ([1, 1, 1, 1], false))).Moves
            .ShouldBe([new GroupMove("n-0/0", "n-0", "n-2"), new GroupMove("n-0/1", "n-0", "n-1")]);

    [Fact]
    public void An_empty_node_takes_none_since_one_more_would_then_be_in_use() =>
        NodeConsolidation.Decide(Pool(1, ([4], false), ([], false), ([8], false))).Moves.ShouldBeEmpty();

    [Fact]
    public void A_node_with_anything_that_does_not_move_stays() =>
        NodeConsolidation.Decide(Pool(2, ([1, 1], true), ([1, 1, 1], false))).Emptied.ShouldBe(["n-1"]);

    [Fact]
    public void Labels_and_faults_are_heeded()
    {
        var demand = Pool(2, ([1], false), ([2], false));
        NodeConsolidation.Decide(demand).Moves.ShouldHaveSingleItem();
        NodeConsolidation.Decide(demand with { Movable = [.. demand.Movable.Select(group => group with { Fits = new HashSet<string>() })] }).Moves.ShouldBeEmpty();
        NodeConsolidation.Decide(demand with { Nodes = [demand.Nodes[0], demand.Nodes[1] with { Fault = NodeFault.Cordoned }] }).Moves.ShouldBeEmpty();
    }

    [Fact]
    public void A_negative_budget_is_refused() =>
        Should.Throw<ArgumentOutOfRangeException>(() => NodeConsolidation.Decide(Pool(-1)));

    [Fact]
    public void No_node_is_overfilled_whole_nodes_are_emptied_and_the_budgets_hold() => Demands.Sample(demand =>
    {
        var plan = NodeConsolidation.Decide(demand);
        plan.Emptied.Count.ShouldBeLessThanOrEqualTo(demand.MostNodes);
        plan.Moves.Count.ShouldBeLessThanOrEqualTo(demand.MostMoves);
        plan.Moves.Select(move => move.Group).ShouldBeUnique();
        var after = Carried(demand, plan);
        after.Nodes.ShouldAllBe(node => node.Allocated <= node.Allocatable);
        after.Nodes.Sum(node => node.Allocated).ShouldBe(demand.Nodes.Sum(node => node.Allocated));
        after.Nodes.Where(node => plan.Emptied.Contains(node.Name)).ShouldAllBe(node => node.Allocated == 0);
        InUse(after).ShouldBe(InUse(demand) - plan.Emptied.Count);
    });

    [Fact]
    public void Carried_out_again_and_again_it_comes_to_an_end() => Demands.Sample(demand =>
    {
        var now = demand;
        for (var round = 0; round <= demand.Nodes.Count; round++)
        {
            var plan = NodeConsolidation.Decide(now);
            if (plan.Moves.Count == 0) return;
            now = Carried(now, plan);
        }

        throw new InvalidOperationException("Replicas move for ever.");
    });

    [Fact]
    public void One_node_is_freed_whenever_it_can_be_and_with_the_fewest_moves() => Demands.Sample(demand =>
    {
        demand = demand with { MostNodes = 1, MostMoves = 32 };
        var best = demand.Nodes.Where(node => node.Allocated > 0 && Groups(demand, node).Sum(group => group.Gpus) == node.Allocated)
            .Where(node => CanGo([.. Groups(demand, node).Select(group => group.Gpus)], 0, [.. demand.Nodes.Where(other => other != node && other.Allocated > 0).Select(other => other.Free)]))
            .Select(node => (int?)Groups(demand, node).Count).Min();
        NodeConsolidation.Decide(demand).Moves.Count.ShouldBe(best ?? 0);
    });

    [Fact]
    public void The_order_of_nodes_and_replicas_does_not_matter() => Demands.Sample(demand =>
    {
        var plan = NodeConsolidation.Decide(demand);
        var turned = NodeConsolidation.Decide(demand with { Nodes = [.. demand.Nodes.Reverse()], Movable = [.. demand.Movable.Reverse()] });
        turned.Moves.ShouldBe(plan.Moves);
        turned.Emptied.ShouldBe(plan.Emptied);
    });

    // Every way to put them, tried.
    private static bool CanGo(int[] groups, int next, int[] free)
    {
        if (next == groups.Length) return true;
        for (var node = 0; node < free.Length; node++)
        {
            if (free[node] < groups[next]) continue;
            free[node] -= groups[next];
            var can = CanGo(groups, next + 1, free);
            free[node] += groups[next];
            if (can) return true;
        }

        return false;
    }

    private static List<MovableGroup> Groups(ConsolidationDemand demand, NodeState node) => [.. demand.Movable.Where(group => group.Node == node.Name)];

    private static int InUse(ConsolidationDemand demand) => demand.Nodes.Count(node => node.Allocated > 0);

    private static ConsolidationDemand Carried(ConsolidationDemand demand, ConsolidationPlan plan)
    {
        var to = plan.Moves.ToDictionary(move => move.Group, move => move.To);
        List<MovableGroup> moved = [.. demand.Movable.Select(group => to.TryGetValue(group.Name, out var node) ? group with { Node = node } : group)];
        return demand with
        {
            Movable = moved,
            Nodes = [.. demand.Nodes.Select(node => node with { Allocated = node.Allocated - Taken(demand.Movable, node) + Taken(moved, node) })],
        };
    }

    private static int Taken(IEnumerable<MovableGroup> groups, NodeState node) => groups.Where(group => group.Node == node.Name).Sum(group => group.Gpus);

    private static int[] Within(int[] sizes)
    {
        var sum = 0;
        return [.. sizes.TakeWhile(size => (sum += size) <= 8)];
    }

    private static ConsolidationDemand Pool(int most, params (int[] Groups, bool LastStays)[] nodes)
    {
        var names = nodes.Select((_, index) => $"n-{index}").ToHashSet();
        return new ConsolidationDemand
        {
            MostNodes = most,
            Nodes = [.. nodes.Select((node, index) => new NodeState($"n-{index}", "H100", null, 8, 8, node.Groups.Sum(), NodeFault.None))],
            Movable = [.. nodes.SelectMany((node, index) => node.Groups.SkipLast(node.LastStays ? 1 : 0).Select((gpus, group) => new MovableGroup($"n-{index}/{group}", $"n-{index}", gpus, names)))],
        };
    }
}
