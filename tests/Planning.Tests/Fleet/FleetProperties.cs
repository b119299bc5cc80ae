using CsCheck;
using Nemotron.Planning.Fleet;

namespace Nemotron.Planning.Tests.Fleet;

/// <summary>What holds of every arbitration.</summary>
public class FleetProperties
{
    private static readonly Gen<FleetSnapshot> Limited =
        from snapshot in Fleets.Small
        from budget in Gen.Int[0, 24]
        from quota in Gen.Int[0, 24]
        from move in Gen.Bool
        from closed in Gen.Bool.Array[snapshot.Pools[0].Nodes.Count]
        select snapshot with
        {
            Pools = [snapshot.Pools[0] with { BudgetGpus = budget, MayMove = move, Nodes = [.. snapshot.Pools[0].Nodes.Select((node, index) => node with { Closed = closed[index] && index % 3 == 0 })] }],
            NamespaceQuotas = new Dictionary<string, int> { ["ns"] = quota },
        };

    [Fact]
    public void Nothing_is_given_out_twice_and_no_limit_is_passed() => Limited.Sample(snapshot =>
    {
        var plan = FleetArbiter.Arbitrate(snapshot);
        var pool = snapshot.Pools[0];
        foreach (var node in pool.Nodes)
        {
            plan.Grants.Sum(grant => GpusOn(grant, node.Name)).ShouldBeLessThanOrEqualTo(node.Gpus);
            if (node.Closed) plan.Grants.SelectMany(grant => grant.Starts).ShouldAllBe(start => !start.Nodes.Contains(node.Name));
        }

        plan.Gpus.ShouldBeLessThanOrEqualTo(pool.BudgetGpus!.Value);
        plan.Gpus.ShouldBeLessThanOrEqualTo(snapshot.NamespaceQuotas["ns"]);
        foreach (var grant in plan.Grants)
        {
            grant.Granted.ShouldBeLessThanOrEqualTo(grant.Claim.Need);
            (grant.Short is null).ShouldBe(grant.Granted == grant.Claim.Need);
            grant.Kept.Concat(grant.Released).Select(held => held.Id).Order().ShouldBe(grant.Claim.Held.Select(held => held.Id).Order());
        }
    });

    [Fact]
    public void A_claim_that_wants_less_gives_back_at_once() => Limited.Sample(snapshot =>
    {
        foreach (var grant in FleetArbiter.Arbitrate(snapshot).Grants)
            grant.Released.Count.ShouldBeGreaterThanOrEqualTo(Math.Max(0, grant.Claim.Held.Count - grant.Claim.Need));
    });

    [Fact]
    public void Equal_snapshots_give_equal_plans() => Limited.Sample(snapshot =>
        Text(FleetArbiter.Arbitrate(snapshot)).ShouldBe(Text(FleetArbiter.Arbitrate(snapshot with { Claims = [.. snapshot.Claims] }))));

    [Fact]
    public void Floors_hold_whenever_they_can() => Fleets.Small.Sample(snapshot =>
    {
        var pool = snapshot.Pools[0];
        // Sizes divide each other, so the floors fit exactly when the larger ones never take more whole places than there are.
        var fits = new[] { 8, 4, 2, 1 }.All(size =>
            snapshot.Claims.Where(claim => claim.GpusPerNode >= size).Sum(claim => claim.SureNeed * claim.GpusPerNode / size) <= pool.Nodes.Sum(node => node.Gpus / size));
        if (!fits) return;
        foreach (var grant in FleetArbiter.Arbitrate(snapshot).Grants) grant.Granted.ShouldBeGreaterThanOrEqualTo(grant.Claim.SureNeed);
    });

    [Fact]
    public void A_higher_priority_never_means_fewer_groups() => Gen.Select(Fleets.Small, Gen.Int[0, 5]).Sample((snapshot, which) =>
    {
        var index = which % snapshot.Claims.Count;
        var before = FleetArbiter.Arbitrate(snapshot).Grants[index].Granted;
        var raised = snapshot with { Claims = [.. snapshot.Claims.Select((claim, at) => at == index ? claim with { Priority = 9 } : claim)] };
        FleetArbiter.Arbitrate(raised).Grants[index].Granted.ShouldBeGreaterThanOrEqualTo(before);
    });

    // Waiting apart, which is what the next one is about.
    [Fact]
    public void A_plan_once_carried_out_stays() => Limited.Sample(snapshot =>
    {
        var settled = Now(After(snapshot, FleetArbiter.Arbitrate(snapshot), TimeSpan.FromHours(1)));
        for (var turn = 0; turn < 8; turn++)
        {
            var plan = FleetArbiter.Arbitrate(settled);
            if (plan.Grants.All(grant => grant.Starts.Count == 0 && grant.Released.Count == 0)) return;
            settled = Now(After(settled, plan, TimeSpan.FromHours(1)));
        }

        false.ShouldBeTrue("groups still change hands although nobody wants anything else");
    });

    [Fact]
    public void Of_equal_priority_nobody_waits_for_ever()
    {
        // Five that want the only whole node, each for good.
        var claims = Enumerable.Range(0, 5).Select(i => Fleets.Claim($"c{i}", 8, 1)).ToArray();
        var snapshot = new FleetSnapshot { Pools = [Fleets.Pool(8)], Claims = claims };
        var served = new HashSet<string>();
        for (var turn = 0; turn < 40; turn++)
        {
            var plan = FleetArbiter.Arbitrate(snapshot);
            served.UnionWith(plan.Grants.Where(grant => grant.Granted > 0).Select(grant => grant.Claim.Key));
            snapshot = After(snapshot, plan, TimeSpan.FromMinutes(5));
        }

        served.Count.ShouldBe(5);
    }

    private static int GpusOn(Grant grant, string node) =>
        (grant.Kept.Count(held => held.Nodes.Contains(node)) + grant.Starts.Count(start => start.Nodes.Contains(node))) * grant.Claim.GpusPerNode;

    private static string Text(FleetPlan plan) => string.Join("; ", plan.Grants.Select(grant =>
        $"{grant.Claim.Key}: {string.Join(',', grant.Kept.Select(held => held.Id))} / {string.Join(',', grant.Released.Select(held => held.Id))} / {string.Join(',', grant.Starts.SelectMany(start => start.Nodes))} {grant.Short}"));

    private static FleetSnapshot Now(FleetSnapshot snapshot) => snapshot with { Claims = [.. snapshot.Claims.Select(claim => claim with { WaitedFor = TimeSpan.Zero })] };

    // The same fleet when the plan has been carried out and so much time has gone by.
    private static FleetSnapshot After(FleetSnapshot snapshot, FleetPlan plan, TimeSpan time) => snapshot with
    {
        Claims =
        [
            .. plan.Grants.Select(grant => grant.Claim with
            {
                Held =
                [
                    .. grant.Kept.Select(held => held with { Age = held.Age + time }),
                    .. grant.Starts.Select((start, index) => new HeldGroup($"{grant.Claim.Key}+{string.Join('+', start.Nodes)}.{index}.{grant.Claim.Held.Count}.{grant.Kept.Count}", start.Nodes, time)),
                ],
                WaitedFor = grant.Granted == 0 && grant.Claim.Need > 0 ? grant.Claim.WaitedFor + time : TimeSpan.Zero,
            }),
        ],
    };
}
