namespace Nemotron.Planning.Fleet;

/// <summary>Several small groups that none is worth a large one alone, and are together: what handing out one group at a time cannot see.</summary>
/// <param name="Large">The group that would go.</param>
/// <param name="Small">The claims that would get its GPUs, once for each group, in this order.</param>
internal sealed record BundleExchange(PlacedGroup Large, IReadOnlyList<ClaimState> Small)
{
    private const int MostWaiting = 32;

    /// <summary>The first exchange in a pool that gains, or null.</summary>
    /// <param name="pool">The pool, with every claim served as far as it goes one group at a time.</param>
    /// <param name="claims">All claims.</param>
    /// <param name="limits">Budgets and quotas.</param>
    /// <param name="fills">How many large groups may still be looked into; counted down.</param>
    public static BundleExchange? Find(PoolLedger pool, IEnumerable<ClaimState> claims, Limits limits, ref int fills)
    {
        // The densest come first into any bundle; the others hardly ever.
        var waiting = claims.Where(claim => claim.Claim.Pool == pool.Pool.Name && claim.Claim.NodesPerGroup == 1 && claim.Granted < claim.Claim.Need)
            .OrderBy(claim => claim.RankOf(claim.Granted + 1)).ThenByDescending(Density).Take(MostWaiting).ToList();
        if (waiting.Count == 0) return null;
        var most = waiting.Max(Density);
        for (var node = 0; node < pool.Pool.Nodes.Count; node++)
        {
            if (!pool.Room.IsOpen(node)) continue;
            foreach (var large in pool.On(node))
            {
                var room = Math.Max(0, pool.Room.Free(node)) + large.Claim.Claim.GpusPerNode;
                var loss = large.Claim.ValueOf(large.Claim.Granted);
                if (large.Nodes.Length > 1 || large.Claim.Claim.GpusPerNode == 1 || most * room <= loss) continue;
                if (fills-- <= 0) return null;
                if (Fill(large, room, loss, waiting, limits) is { } exchange) return exchange;
            }
        }

        return null;
    }

    // By value per GPU, and never a rank after the large group's.
    private static BundleExchange? Fill(PlacedGroup large, int room, double loss, List<ClaimState> waiting, Limits limits)
    {
        var rank = large.Claim.RankOf(large.Claim.Granted);
        var given = new Dictionary<ClaimState, int>();
        var small = new List<ClaimState>();
        var gain = 0.0;
        while (true)
        {
            ClaimState? next = null;
            var best = 0.0;
            foreach (var claim in waiting)
            {
                var nth = claim.Granted + given.GetValueOrDefault(claim) + 1;
                if (claim == large.Claim || nth > claim.Claim.Need || claim.Claim.GpusPerNode > room || claim.RankOf(nth).CompareTo(rank) > 0) continue;
                var density = claim.ValueOf(nth) / claim.Claim.GroupGpus;
                if (density > best && limits.Allow(claim, large, small)) (next, best) = (claim, density);
            }

            if (next is null) break;
            given[next] = given.GetValueOrDefault(next) + 1;
            small.Add(next);
            room -= next.Claim.GpusPerNode;
            gain += best * next.Claim.GroupGpus;
        }

        return gain > loss * (1 + 1e-9) ? new BundleExchange(large, small) : null;
    }

    private static double Density(ClaimState claim) => claim.ValueOf(claim.Granted + 1) / claim.Claim.GroupGpus;
}
