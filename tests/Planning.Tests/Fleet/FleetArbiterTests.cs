using Nemotron.Planning.Fleet;

namespace Nemotron.Planning.Tests.Fleet;

public class FleetArbiterTests
{
    [Fact]
    public void Enough_for_all_disturbs_nobody()
    {
        var plan = Fleets.Arbitrate(Fleets.Pool(8, 8), Fleets.Claim("nano", 1, 2).On("n0", "n1"), Fleets.Claim("super", 2, 2));
        plan.Of("nano").Kept.Count.ShouldBe(2);
        plan.Grants.ShouldAllBe(grant => grant.Released.Count == 0 && grant.Short == null);
        plan.Of("super").Starts.Count.ShouldBe(2);
    }

    [Fact]
    public void The_higher_priority_comes_first_and_the_lower_gives_back()
    {
        var plan = Fleets.Arbitrate(Fleets.Pool(8), Fleets.Claim("batch", 2, 4).On("n0", "n0", "n0", "n0"), Fleets.Claim("chat", 4, 1) with { Priority = 10 });
        plan.Of("chat").Granted.ShouldBe(1);
        plan.Of("batch").Released.Count.ShouldBe(2);
        plan.Of("chat").Starts[0].After.ShouldBe(plan.Of("batch").Released.Select(held => held.Id), ignoreOrder: true);
        plan.Of("batch").Short.ShouldBe(Shortage.LowerPriority);
    }

    [Fact]
    public void A_floor_is_kept_against_any_priority()
    {
        var plan = Fleets.Arbitrate(Fleets.Pool(8), Fleets.Claim("batch", 2, 4).On("n0", "n0", "n0", "n0") with { Floor = 1 }, Fleets.Claim("chat", 2, 9) with { Priority = 10 });
        plan.Of("batch").Kept.Count.ShouldBe(1);
        plan.Of("chat").Granted.ShouldBe(3);
    }

    [Theory]
    [InlineData(1, 1, 8, 8)]
    [InlineData(3, 1, 12, 4)]
    [InlineData(7, 1, 14, 2)]
    public void Twice_the_weight_is_twice_the_gpus(int left, int right, int leftGpus, int rightGpus)
    {
        var plan = Fleets.Arbitrate(Fleets.Pool(8, 8), Fleets.Claim("a", 1, 99) with { Weight = left }, Fleets.Claim("b", 1, 99) with { Weight = right });
        plan.Of("a").Granted.ShouldBe(leftGpus);
        plan.Of("b").Granted.ShouldBe(rightGpus);
    }

    [Fact]
    public void What_was_given_lately_does_not_change_hands_among_equals()
    {
        var young = Fleets.Claim("a", 8, 1) with { Held = [new HeldGroup("a-0", ["n0"], TimeSpan.FromMinutes(1))] };
        Fleets.Arbitrate(Fleets.Pool(8), young, Fleets.Claim("b", 8, 1) with { Weight = 100 }).Of("a").Kept.Count.ShouldBe(1);
        var old = young with { Held = [new HeldGroup("a-0", ["n0"], TimeSpan.FromMinutes(11))] };
        Fleets.Arbitrate(Fleets.Pool(8), old, Fleets.Claim("b", 8, 1) with { Weight = 100 }).Of("b").Granted.ShouldBe(1);
    }

    [Fact]
    public void Fragments_are_named_and_joined_only_where_groups_may_move()
    {
        var claims = new[] { Fleets.Claim("nano", 1, 2).On("n0", "n1") with { Priority = 1 }, Fleets.Claim("ultra", 8, 1) };
        var still = Fleets.Arbitrate(Fleets.Pool(8, 8), claims);
        still.Of("ultra").Short.ShouldBe(Shortage.Fragmented);
        still.Of("nano").Released.ShouldBeEmpty();

        var moved = Fleets.Arbitrate(Fleets.Pool(8, 8) with { MayMove = true }, claims);
        moved.Of("ultra").Granted.ShouldBe(1);
        moved.Of("nano").Released.Count.ShouldBe(1);
        moved.Of("nano").Starts.Count.ShouldBe(1);
    }

    [Fact]
    public void A_group_of_two_nodes_stays_in_one_domain()
    {
        var pool = Fleets.Pool(8, 8, 8) with
        {
            Nodes =
            [
                new FleetNode { Name = "a0", Gpus = 8, Domain = "a" }, new FleetNode { Name = "b0", Gpus = 8, Domain = "b" }, new FleetNode { Name = "b1", Gpus = 8, Domain = "b" },
            ],
        };
        var two = Fleets.Claim("ultra", 8, 2) with { NodesPerGroup = 2 };
        var plan = Fleets.Arbitrate(pool, two);
        plan.Of("ultra").Starts.ShouldHaveSingleItem().Nodes.ShouldBe(["b0", "b1"]);
        plan.Of("ultra").Short.ShouldBe(Shortage.LowerPriority);
        Fleets.Arbitrate(pool, two with { NodesPerGroup = 3 }).Of("ultra").Short.ShouldBe(Shortage.NoSuchNode);
    }

    [Fact]
    public void Budgets_and_quotas_are_named()
    {
        var pool = Fleets.Pool(8, 8) with { BudgetGpus = 4 };
        Fleets.Arbitrate(pool, Fleets.Claim("a", 4, 2)).Of("a").Short.ShouldBe(Shortage.BudgetSpent);
        FleetArbiter.Arbitrate(new FleetSnapshot { Pools = [Fleets.Pool(8)], Claims = [Fleets.Claim("a", 4, 2)], NamespaceQuotas = new Dictionary<string, int> { ["ns"] = 4 } })
            .Of("a").Short.ShouldBe(Shortage.QuotaSpent);
    }

    [Fact]
    public void Replicas_are_spread_over_zones_among_equally_good_nodes()
    {
        var pool = Fleets.Pool() with { Nodes = [.. Enumerable.Range(0, 4).Select(i => new FleetNode { Name = $"n{i}", Gpus = 8, Zone = i < 2 ? "a" : "b" })] };
        var starts = Fleets.Arbitrate(pool, Fleets.Claim("ultra", 8, 2)).Of("ultra").Starts.Select(start => start.Nodes[0]).ToList();
        starts.Select(node => node is "n0" or "n1" ? "a" : "b").Distinct().Count().ShouldBe(2);
    }

    [Fact]
    public void A_group_waits_for_what_must_leave_first_and_runs_on_where_the_node_is_closed()
    {
        var pool = Fleets.Pool(8) with { Nodes = [new FleetNode { Name = "n0", Gpus = 8, Closed = true }] };
        var plan = Fleets.Arbitrate(pool, Fleets.Claim("nano", 1, 2).On("n0"));
        plan.Of("nano").Kept.Count.ShouldBe(1);
        plan.Of("nano").Starts.ShouldBeEmpty();
    }

    [Fact]
    public void Nonsense_is_refused_by_name()
    {
        Should.Throw<ArgumentException>(() => Fleets.Arbitrate(Fleets.Pool(8), Fleets.Claim("a", 0, 1))).Message.ShouldContain("ns/a");
        Should.Throw<ArgumentException>(() => Fleets.Arbitrate(Fleets.Pool(8), Fleets.Claim("a", 1, 1) with { Pool = "q" })).Message.ShouldContain("'q'");
    }
}
