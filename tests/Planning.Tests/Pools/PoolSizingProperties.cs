using CsCheck;
using Nemotron.Planning.Placement;
using Nemotron.Planning.Pools;

namespace Nemotron.Planning.Tests.Pools;

/// <summary>What holds of every size.</summary>
public class PoolSizingProperties
{
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    private static readonly Gen<PoolNode> Node =
        from allocated in Gen.OneOf(Gen.Const(0), Gen.Int[0, 8])
        from state in Gen.Enum<PoolNodeState>()
        from empty in Gen.Int[0, 30]
        from domain in Gen.Int[0, 3].Select(pick => pick switch { 0 => "x", 1 => "y", _ => (string?)null })
        select new PoolNode("", 8, allocated, state, allocated == 0 ? Now.AddMinutes(-empty) : null, domain);

    private static readonly Gen<PoolDemand> Demands =
        from nodes in Node.Array[0, 6]
        from waiting in Gen.Select(Gen.Int[1, 3], Gen.Int[0, 4].Select(power => 1 << power)).Array[0, 5]
        from difference in Gen.Int[-2, 3]
        from min in Gen.Int[0, 3]
        from more in Gen.Int[0, 8]
        from leaving in Gen.Int[0, 3]
        select new PoolDemand
        {
            Nodes = [.. nodes.Select((node, index) => node with { Name = $"n-{index}" })],
            Waiting = [.. waiting.Select((shape, index) => new WaitingGroup($"g-{index}", new GroupShape(shape.Item1, shape.Item2)))],
            NodeGpus = 8,
            Requested = Math.Max(0, nodes.Length + difference),
            MinNodes = min,
            MaxNodes = min + more,
            ScaleDownDelay = TimeSpan.FromMinutes(10),
            MostLeaving = leaving,
            Now = Now,
        };

    [Fact]
    public void The_bounds_hold() => Demands.Sample(demand =>
    {
        var size = PoolSizing.Decide(demand);
        // What a person asked for beyond the bounds is brought back as far as no group is in the way.
        size.Target.ShouldBeGreaterThanOrEqualTo(demand.MinNodes);
        size.Target.ShouldBeLessThanOrEqualTo(Math.Max(demand.Requested, demand.MaxNodes));
        size.Released.Count.ShouldBeLessThanOrEqualTo(demand.MostLeaving);
    });

    [Fact]
    public void No_node_with_a_group_goes_and_none_that_is_not_closed_first() => Demands.Sample(demand =>
    {
        var size = PoolSizing.Decide(demand);
        var nodes = demand.Nodes.ToDictionary(node => node.Name);
        size.Released.ShouldAllBe(name => nodes[name].State == PoolNodeState.Leaving && nodes[name].Allocated == 0);
        size.Released.ShouldBeSubsetOf(size.Leaving);
        if (size.Target < demand.Requested) size.Released.Count.ShouldBe(demand.Requested - size.Target);
        else size.Released.ShouldBeEmpty();
        // Those that begin to leave are empty; of those already on their way out nothing is known any more.
        size.Leaving.Where(name => nodes[name].State != PoolNodeState.Leaving).ShouldAllBe(name => nodes[name].Allocated == 0 && nodes[name].EmptySince != null);
    });

    [Fact]
    public void Groups_are_placed_whole_within_the_nodes_and_one_domain() => Demands.Sample(demand =>
    {
        var size = PoolSizing.Decide(demand);
        size.Placed.Select(place => place.Group).Concat(size.Unplaced).Order().ShouldBe(demand.Waiting.Select(group => group.Name).Order());
        var shapes = demand.Waiting.ToDictionary(group => group.Name, group => group.Unplaced);
        var taken = new Dictionary<string, int>();
        foreach (var place in size.Placed)
        {
            place.Nodes.Count.ShouldBe(shapes[place.Group].Pods);
            foreach (var node in place.Nodes) taken[node] = taken.GetValueOrDefault(node) + shapes[place.Group].GpusPerPod;
            if (place.Nodes.Count > 1) place.Nodes.Select(name => demand.Nodes.FirstOrDefault(node => node.Name == name)?.Domain).Distinct().Count().ShouldBe(1);
        }

        var nodes = demand.Nodes.ToDictionary(node => node.Name);
        foreach (var (name, gpus) in taken)
        {
            gpus.ShouldBeLessThanOrEqualTo(nodes.TryGetValue(name, out var node) ? node.Gpus - node.Allocated : demand.NodeGpus);
            if (node is not null) node.State.ShouldNotBe(PoolNodeState.Closed);
            size.Leaving.ShouldNotContain(name);
        }

        // No more nodes than the placement uses, or than the minimum is.
        var made = taken.Keys.Count(name => name.StartsWith("new-", StringComparison.Ordinal));
        if (size.Target > demand.Requested) size.Target.ShouldBe(Math.Max(demand.Requested + made, demand.MinNodes));
        else made.ShouldBe(0);
    });

    [Fact]
    public void Equal_demands_give_equal_sizes_in_whatever_order_they_are_told() => Demands.Sample(demand =>
    {
        var one = PoolSizing.Decide(demand);
        var other = PoolSizing.Decide(demand with { Nodes = [.. demand.Nodes.Reverse()], Waiting = [.. demand.Waiting.Reverse()] });
        (other.Target, other.Message, other.LookAgain).ShouldBe((one.Target, one.Message, one.LookAgain));
        other.Leaving.ShouldBe(one.Leaving);
        other.Placed.Select(place => $"{place.Group}:{string.Join(",", place.Nodes)}").ShouldBe(one.Placed.Select(place => $"{place.Group}:{string.Join(",", place.Nodes)}"));
    });

    [Fact]
    public void What_was_decided_is_not_decided_again_once_it_is_done() => Demands.Sample(demand =>
    {
        var first = PoolSizing.Decide(demand);
        // While the provisioner takes nodes away, which of them stay is not known.
        if (first.Target <= demand.Requested || demand.Requested < demand.Nodes.Count) return;
        var reopened = demand.Nodes.Select(node => node.State == PoolNodeState.Leaving && !first.Leaving.Contains(node.Name) ? node with { State = PoolNodeState.Usable } : node);
        var second = PoolSizing.Decide(demand with { Requested = first.Target, Nodes = [.. reopened] });
        static string Said(PoolSize size) => $"{size.Target}: {string.Join("; ", size.Placed.Select(place => $"{place.Group} {string.Join(",", place.Nodes)}"))} unplaced {string.Join(",", size.Unplaced)}";
        second.Target.ShouldBe(first.Target, $"{string.Join(" ", demand.Nodes)}\n{string.Join(" ", demand.Waiting)}\n{Said(first)}\n{Said(second)}");
    });
}
