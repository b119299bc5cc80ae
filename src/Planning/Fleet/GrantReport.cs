namespace Nemotron.Planning.Fleet;

/// <summary>From the state at the end of an arbitration to the plan.</summary>
internal sealed class GrantReport
{
    private readonly IReadOnlyDictionary<string, PoolLedger> pools;
    private readonly Limits limits;
    private readonly HashSet<HeldGroup> kept;
    private readonly Dictionary<(string Pool, int Node), (int Gpus, List<string> Leaving)> now = [];
    private readonly Dictionary<(string Pool, int Gpus), int> together = [];
    private readonly Dictionary<string, int> free = [];

    private GrantReport(IReadOnlyList<ClaimState> claims, IReadOnlyDictionary<string, PoolLedger> pools, Limits limits)
    {
        this.pools = pools;
        this.limits = limits;
        kept = [.. claims.SelectMany(claim => claim.Confirmed).Select(group => group.Held).OfType<HeldGroup>()];
        foreach (var claim in claims)
        {
            foreach (var held in claim.Claim.Held) Count(claim, held);
        }
    }

    /// <summary>The plan.</summary>
    public static FleetPlan Of(IReadOnlyList<ClaimState> claims, IReadOnlyDictionary<string, PoolLedger> pools, Limits limits)
    {
        var report = new GrantReport(claims, pools, limits);
        return new FleetPlan([.. claims.Select(report.Of)]);
    }

    // What stands on the nodes at present, and which of it leaves.
    private void Count(ClaimState claim, HeldGroup held)
    {
        var pool = pools[claim.Claim.Pool];
        foreach (var name in held.Nodes)
        {
            if (!pool.IndexOf.TryGetValue(name, out var node)) continue;
            var (gpus, leaving) = now.GetValueOrDefault((claim.Claim.Pool, node), (0, []));
            if (!kept.Contains(held)) leaving.Add(held.Id);
            now[(claim.Claim.Pool, node)] = (gpus + claim.Claim.GpusPerNode, leaving);
        }
    }

    private Grant Of(ClaimState claim) => new()
    {
        Claim = claim.Claim,
        Kept = [.. claim.Confirmed.Select(group => group.Held).OfType<HeldGroup>()],
        Released =
        [
            .. claim.Claim.Held.Where(held => !kept.Contains(held))
                .OrderByDescending(held => held.Loading).ThenBy(held => held.Age).ThenBy(held => held.Id, StringComparer.Ordinal),
        ],
        Starts = [.. claim.Confirmed.Where(group => group.Held is null).Select(Start)],
        Short = claim.Granted < claim.Claim.Need ? Reason(claim) : null,
    };

    private GroupStart Start(PlacedGroup group)
    {
        var claim = group.Claim.Claim;
        var nodes = pools[claim.Pool].Pool.Nodes;
        var after = new List<string>();
        foreach (var node in group.Nodes)
        {
            var (gpus, leaving) = now.GetValueOrDefault((claim.Pool, node), (0, []));
            if (gpus + claim.GpusPerNode > nodes[node].Gpus) after.AddRange(leaving);
            now[(claim.Pool, node)] = (gpus + claim.GpusPerNode, leaving);
        }

        return new GroupStart([.. group.Nodes.Select(node => nodes[node].Name)], [.. after.Distinct().Order(StringComparer.Ordinal)]);
    }

    private Shortage Reason(ClaimState claim)
    {
        if (limits.ShortOfBudget(claim) > 0) return Shortage.BudgetSpent;
        if (limits.ShortOfQuota(claim) > 0) return Shortage.QuotaSpent;
        // The same for all claims of a pool, and many may be short.
        var name = claim.Claim.Pool;
        if (!together.TryGetValue((name, claim.Claim.GpusPerNode), out var most)) together.Add((name, claim.Claim.GpusPerNode), most = Together(pools[name], claim.Claim.GpusPerNode));
        if (most < claim.Claim.NodesPerGroup) return Shortage.NoSuchNode;
        if (!free.TryGetValue(name, out var gpus)) free.Add(name, gpus = Free(pools[name]));
        return gpus >= claim.Claim.GroupGpus ? Shortage.Fragmented : Shortage.LowerPriority;
    }

    // The most nodes of one domain that have so many GPUs each, free or not.
    private static int Together(PoolLedger pool, int gpus) => Enumerable.Range(0, pool.Pool.Nodes.Count)
        .Where(node => pool.Pool.Nodes[node].Gpus >= gpus)
        .GroupBy(pool.DomainOf).Select(domain => domain.Count()).DefaultIfEmpty(0).Max();

    private static int Free(PoolLedger pool) => Enumerable.Range(0, pool.Pool.Nodes.Count).Where(pool.Room.IsOpen).Sum(node => Math.Max(0, pool.Room.Free(node)));
}
