namespace Nemotron.Planning.Fleet;

/// <summary>
/// Decides who gets the GPUs of a fleet when not all can have what they want. Floors come first, then priorities; among equals GPUs go by weight
/// (see <see cref="GroupValue"/>). Groups stay where they are unless what takes their place is worth more; whole groups only, never across domains.
/// </summary>
public static class FleetArbiter
{
    /// <summary>Decides. Pure: equal snapshots give equal plans.</summary>
    /// <exception cref="ArgumentException">A claim names a pool that the snapshot lacks, a group has no GPU, or a name occurs twice.</exception>
    public static FleetPlan Arbitrate(FleetSnapshot snapshot)
    {
        foreach (var claim in snapshot.Claims)
        {
            if (claim.GpusPerNode < 1 || claim.NodesPerGroup < 1 || claim.Weight < 1)
                throw new ArgumentException($"{claim.Key}: GPUs per node, nodes per group and weight must be 1 or more.", nameof(snapshot));
        }

        var best = new Arbitration(snapshot, PlacePreference.Free).Run();
        if (best.IsEnough) return best.Report();

        // Somebody is short. Taking from others may serve more, keeping room together more still, at the price of more changes: each only if it does.
        // What is held counts for more than what is not, so no chain of such steps comes back to where it began.
        List<PlacePreference> others = [PlacePreference.Undisturbed, PlacePreference.Compact];
        if (snapshot.Pools.Any(pool => pool.MayMove)) others.Add(PlacePreference.Repacked);
        var most = best.Values();
        foreach (var preference in others)
        {
            var next = new Arbitration(snapshot, preference).Run();
            if (next.Values() is var values && IsMore(values, most)) (best, most) = (next, values);
        }

        return best.Report();
    }

    private static bool IsMore(IReadOnlyList<(Rank Rank, double Value)> left, IReadOnlyList<(Rank Rank, double Value)> right)
    {
        for (var i = 0; i < Math.Min(left.Count, right.Count); i++)
        {
            var rank = left[i].Rank.CompareTo(right[i].Rank);
            if (rank != 0) return rank < 0;
            if (Math.Abs(left[i].Value - right[i].Value) > 1e-9) return left[i].Value > right[i].Value;
        }

        return left.Count > right.Count;
    }
}
