namespace Nemotron.Planning.Fleet;

/// <summary>Budgets of pools and quotas of namespaces: what is left of them, and who would have to give for one more group.</summary>
internal sealed class Limits(FleetSnapshot snapshot, IReadOnlyList<ClaimState> claims, IReadOnlyDictionary<string, PoolLedger> pools)
{
    private readonly Dictionary<string, int> quotaLeft = new(snapshot.NamespaceQuotas);

    /// <summary>GPUs that a claim's next group is short of in the pool's budget.</summary>
    public int ShortOfBudget(ClaimState claim) => Math.Max(0, claim.Claim.GroupGpus - pools[claim.Claim.Pool].BudgetLeft);

    /// <summary>GPUs that a claim's next group is short of in its namespace's quota.</summary>
    public int ShortOfQuota(ClaimState claim) =>
        quotaLeft.TryGetValue(claim.Claim.Namespace, out var left) ? Math.Max(0, claim.Claim.GroupGpus - left) : 0;

    /// <summary>Counts a group as granted, or with a negative number as taken back.</summary>
    public void Grant(ClaimState claim, int groups)
    {
        var gpus = groups * claim.Claim.GroupGpus;
        pools[claim.Claim.Pool].BudgetLeft -= gpus;
        if (quotaLeft.TryGetValue(claim.Claim.Namespace, out var left)) quotaLeft[claim.Claim.Namespace] = left - gpus;
    }

    /// <summary>Whether one more group of <paramref name="claim"/> is within the limits once <paramref name="gone"/> is taken back and <paramref name="come"/> are granted.</summary>
    public bool Allow(ClaimState claim, PlacedGroup gone, IReadOnlyList<ClaimState> come)
    {
        var limited = quotaLeft.TryGetValue(claim.Claim.Namespace, out var quota);
        if (!limited && pools[claim.Claim.Pool].Pool.BudgetGpus is null) return true;
        var gpus = claim.Claim.GroupGpus + come.Where(other => other.Claim.Pool == claim.Claim.Pool).Sum(other => other.Claim.GroupGpus);
        if (gpus > (long)pools[claim.Claim.Pool].BudgetLeft + gone.Claim.Claim.GroupGpus) return false;
        if (!limited) return true;
        if (gone.Claim.Claim.Namespace == claim.Claim.Namespace) quota += gone.Claim.Claim.GroupGpus;
        return claim.Claim.GroupGpus + come.Where(other => other.Claim.Namespace == claim.Claim.Namespace).Sum(other => other.Claim.GroupGpus) <= quota;
    }

    /// <summary>Adds to <paramref name="needs"/> the granted groups of others that must go too for the limits to hold; null when that cannot be.</summary>
    public Sacrifice? Complete(Sacrifice needs, ClaimState claim)
    {
        var (budget, quota) = (ShortOfBudget(claim), ShortOfQuota(claim));
        if (budget == 0 && quota == 0) return needs;
        var all = new Sacrifice();
        all.Groups.AddRange(needs.Groups);
        all.Moves.AddRange(needs.Moves);
        foreach (var group in needs.Groups)
        {
            if (!group.Confirmed) continue;
            if (group.Claim.Claim.Pool == claim.Claim.Pool) budget -= group.Claim.Claim.GroupGpus;
            if (group.Claim.Claim.Namespace == claim.Claim.Namespace) quota -= group.Claim.Claim.GroupGpus;
        }

        return Add(all, claim, budget, other => other.Claim.Pool == claim.Claim.Pool) && Add(all, claim, quota, other => other.Claim.Namespace == claim.Claim.Namespace) ? all : null;
    }

    private bool Add(Sacrifice all, ClaimState claim, int missing, Func<ClaimState, bool> counts)
    {
        if (missing <= 0) return true;
        var others = claims.Where(other => other != claim && other.Granted > 0 && counts(other)).SelectMany(other => other.Confirmed.AsEnumerable().Reverse()).Except(all.Groups).Except(all.Moves.Select(move => move.Group)).ToList();
        others.Sort(Sacrifice.CheapestFirst);
        foreach (var group in others)
        {
            if (missing <= 0) break;
            all.Groups.Add(group);
            missing -= group.Claim.Claim.GroupGpus;
        }

        return missing <= 0;
    }
}
