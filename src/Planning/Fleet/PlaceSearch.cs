namespace Nemotron.Planning.Fleet;

/// <summary>A place for a new group.</summary>
/// <param name="Nodes">Its nodes, as indexes into the pool's.</param>
/// <param name="Needs">The groups that must go from there.</param>
internal sealed record Place(int[] Nodes, Sacrifice Needs);

/// <summary>How places are chosen.</summary>
internal enum PlacePreference
{
    /// <summary>Only where nobody has to go.</summary>
    Free,

    /// <summary>Where nobody has to go, as long as there is such a place.</summary>
    Undisturbed,

    /// <summary>Where the smallest piece breaks up, groups of less worth notwithstanding: room for large groups is kept.</summary>
    Compact,

    /// <summary>As if nothing ran yet in pools where groups may move; what comes to stand where it stood stays.</summary>
    Repacked,
}

/// <summary>Finds the place at which a new group disturbs least.</summary>
internal static class PlaceSearch
{
    // Among equally good nodes a replica is put where its deployment has fewest; more than these are not looked at.
    private const int EquallyGood = 8;
    private const int ByFirmRoom = 32;
    private const int MostCandidates = 64;

    /// <summary>The place, or null when there is none that the group is worth.</summary>
    public static Place? Find(PoolLedger pool, ClaimState claim, Rank rank, double value, PlacePreference preference) =>
        claim.Claim.NodesPerGroup == 1 ? OnOneNode(pool, claim, rank, value, preference) : OnSeveral(pool, claim, rank, value);

    private static Place? OnOneNode(PoolLedger pool, ClaimState claim, Rank rank, double value, PlacePreference preference)
    {
        if (preference == PlacePreference.Compact)
        {
            foreach (var node in pool.Firm.Fitting(claim.Claim.GpusPerNode).Take(ByFirmRoom))
                if (Sacrifice.ForRoomOn(pool, node, claim) is { } few && few.Loss.IsWorth(rank, value)) return new Place([node], few);
        }

        if (FreeNode(pool, claim) is { } free) return new Place([free], Sacrifice.None);
        if (preference == PlacePreference.Free) return null;
        Place? best = null;
        var least = Loss.None;
        foreach (var node in Candidates(pool, claim, rank, value)) Consider(node);
        return best;

        void Consider(int node)
        {
            if (Sacrifice.ForRoomOn(pool, node, claim) is not { } needs || needs.Loss is var loss && !loss.IsWorth(rank, value)) return;
            if (best is null || loss.IsLessThan(least)) (best, least) = (new Place([node], needs), loss);
        }
    }

    // In a small pool every node; in a large one those where the cheapest groups stand.
    private static IEnumerable<int> Candidates(PoolLedger pool, ClaimState claim, Rank rank, double value)
    {
        var nodes = pool.Pool.Nodes;
        if (nodes.Count <= MostCandidates)
            return Enumerable.Range(0, nodes.Count).Where(node => pool.Room.IsOpen(node) && nodes[node].Gpus >= claim.Claim.GpusPerNode);
        return pool.Victims.CheaperThan(rank, value).Where(victim => victim != claim)
            .SelectMany(victim => victim.Standing.Concat(victim.Confirmed)).SelectMany(group => group.Nodes)
            .Where(node => pool.Room.IsOpen(node) && nodes[node].Gpus >= claim.Claim.GpusPerNode)
            .Distinct().Take(MostCandidates);
    }

    private static int? FreeNode(PoolLedger pool, ClaimState claim)
    {
        int? best = null;
        var (fewest, free, seen) = (int.MaxValue, 0, 0);
        foreach (var node in pool.Room.Fitting(claim.Claim.GpusPerNode))
        {
            if (seen++ == 0) free = pool.Room.Free(node);
            else if (seen > EquallyGood || pool.Room.Free(node) != free) break;
            var neighbours = pool.On(node).Count(group => group.Claim == claim) + (pool.Pool.Nodes[node].Zone is { } zone ? claim.InZone(zone) : 0);
            if (neighbours >= fewest) continue;
            (best, fewest) = (node, neighbours);
            if (fewest == 0) break;
        }

        return best;
    }

    private static Place? OnSeveral(PoolLedger pool, ClaimState claim, Rank rank, double value)
    {
        var domains = new Dictionary<string, List<(int Node, Sacrifice Needs)>>();
        for (var node = 0; node < pool.Pool.Nodes.Count; node++)
        {
            if (!pool.Room.IsOpen(node) || pool.Pool.Nodes[node].Gpus < claim.Claim.GpusPerNode || Sacrifice.ForRoomOn(pool, node, claim) is not { } needs) continue;
            var domain = pool.DomainOf(node) ?? "";
            if (!domains.TryGetValue(domain, out var members)) domains.Add(domain, members = []);
            members.Add((node, needs));
        }

        Place? best = null;
        var spare = 0;
        foreach (var members in domains.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Value))
        {
            if (members.Count < claim.Claim.NodesPerGroup) continue;
            members.Sort((left, right) => left.Needs.Loss.IsLessThan(right.Needs.Loss) ? -1
                : right.Needs.Loss.IsLessThan(left.Needs.Loss) ? 1
                : (pool.Room.Free(left.Node), left.Node).CompareTo((pool.Room.Free(right.Node), right.Node)));
            var chosen = members.Take(claim.Claim.NodesPerGroup).ToList();
            var needs = new Sacrifice();
            needs.Groups.AddRange(chosen.SelectMany(member => member.Needs.Groups.Concat(member.Needs.Moves.Select(move => move.Group))).Distinct());
            if (!needs.Loss.IsWorth(rank, value)) continue;
            // Of equal domains, the one in which the fewest nodes are left over.
            if (best is not null && !needs.Loss.IsLessThan(best.Needs.Loss) && (best.Needs.Loss.IsLessThan(needs.Loss) || members.Count >= spare)) continue;
            (best, spare) = (new Place([.. chosen.Select(member => member.Node).Order()], needs), members.Count);
        }

        return best;
    }
}
