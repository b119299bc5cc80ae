using CsCheck;
using Nemotron.Planning.Fleet;

namespace Nemotron.Planning.Tests.Fleet;

/// <summary>Fleets for tests: by hand, and at random.</summary>
internal static class Fleets
{
    /// <summary>A pool named <c>p</c> with nodes <c>n0</c>, <c>n1</c>, … of so many GPUs.</summary>
    public static FleetPool Pool(params int[] gpus) =>
        new() { Name = "p", Nodes = [.. gpus.Select((count, index) => new FleetNode { Name = $"n{index}", Gpus = count })] };

    /// <summary>A claim on pool <c>p</c>.</summary>
    public static FleetClaim Claim(string name, int gpus, int wanted) =>
        new() { Key = $"ns/{name}", Namespace = "ns", Pool = "p", GpusPerNode = gpus, Wanted = wanted };

    /// <summary>With groups on these nodes, held for an hour.</summary>
    public static FleetClaim On(this FleetClaim claim, params string[] nodes) => claim with
    {
        Held = [.. nodes.Select((node, index) => new HeldGroup($"{claim.Key}-{index}", [node], TimeSpan.FromHours(1)))],
    };

    /// <summary>Arbitrates.</summary>
    public static FleetPlan Arbitrate(FleetPool pool, params FleetClaim[] claims) =>
        FleetArbiter.Arbitrate(new FleetSnapshot { Pools = [pool], Claims = claims });

    /// <summary>The grant of a claim by its name.</summary>
    public static Grant Of(this FleetPlan plan, string name) => plan.Grants.Single(grant => grant.Claim.Key == $"ns/{name}");

    /// <summary>Small fleets of one pool, of groups whose sizes divide each other, some of them on nodes already.</summary>
    public static readonly Gen<FleetSnapshot> Small = Of(priorities: Gen.OneOf(Gen.Const(-1), Gen.Const(0), Gen.Const(0), Gen.Const(5)), floors: Gen.Int[0, 2]);

    /// <summary>The same with all claims of one priority and without floors: who gets what is decided by value alone.</summary>
    public static readonly Gen<FleetSnapshot> Level = Of(priorities: Gen.Const(0), floors: Gen.Const(0));

    private static Gen<FleetSnapshot> Of(Gen<int> priorities, Gen<int> floors) =>
        from gpus in Gen.Int[1, 8].Array[1, 5]
        from claims in Gen.Select(Gen.OneOf(Gen.Const(1), Gen.Const(2), Gen.Const(4), Gen.Const(8)), Gen.Int[0, 5], floors, priorities, Gen.Int[1, 3]).Array[1, 6]
        from holders in Gen.Int[0, claims.Length - 1].Array[gpus.Length * 2]
        from young in Gen.Bool.Array[gpus.Length * 2]
        select Build(gpus, claims, holders, young);

    private static FleetSnapshot Build(int[] gpus, (int Size, int Wanted, int Floor, int Priority, int Weight)[] claims, int[] holders, bool[] young)
    {
        var held = claims.Select(_ => new List<HeldGroup>()).ToArray();
        for (var node = 0; node < gpus.Length; node++)
        {
            var free = gpus[node];
            for (var turn = 0; turn < 2; turn++)
            {
                var claim = holders[(node * 2) + turn];
                if (claims[claim].Size > free) continue;
                free -= claims[claim].Size;
                held[claim].Add(new HeldGroup($"{claim}-{node}-{turn}", [$"n{node}"], TimeSpan.FromMinutes(young[(node * 2) + turn] ? 1 : 60)));
            }
        }

        return new FleetSnapshot
        {
            Pools = [Pool(gpus) with { MayMove = true }],
            Claims =
            [
                .. claims.Select((claim, index) => Claim($"c{index}", claim.Size, claim.Wanted) with
                {
                    Floor = claim.Floor, Priority = claim.Priority, Weight = claim.Weight, Held = held[index],
                }),
            ],
        };
    }
}
