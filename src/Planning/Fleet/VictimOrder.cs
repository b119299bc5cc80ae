namespace Nemotron.Planning.Fleet;

/// <summary>The claims that have something to lose in a pool, those first whose last group is cheapest: the later rank, then the lower value.</summary>
internal sealed class VictimOrder
{
    private readonly SortedSet<(ClaimState Claim, Rank Rank, double Value)> order = new(Comparer<(ClaimState Claim, Rank Rank, double Value)>.Create((left, right) =>
    {
        var rank = right.Rank.CompareTo(left.Rank);
        if (rank != 0) return rank;
        var value = left.Value.CompareTo(right.Value);
        return value != 0 ? value : left.Claim.Index.CompareTo(right.Claim.Index);
    }));

    private readonly Dictionary<ClaimState, (Rank Rank, double Value)> keys = [];

    /// <summary>Takes note of what a claim has now.</summary>
    public void Update(ClaimState claim)
    {
        if (keys.Remove(claim, out var old)) order.Remove((claim, old.Rank, old.Value));
        if (claim.Live == 0) return;
        var key = (claim.RankOf(claim.Live), claim.ValueOf(claim.Live));
        keys.Add(claim, key);
        order.Add((claim, key.Item1, key.Item2));
    }

    /// <summary>The claims whose last group alone is worth less than a group of that rank and value, the cheapest first.</summary>
    public IEnumerable<ClaimState> CheaperThan(Rank rank, double value)
    {
        foreach (var (claim, theirs, worth) in order)
        {
            var later = theirs.CompareTo(rank);
            if (later < 0 || (later == 0 && worth >= value)) yield break;
            yield return claim;
        }
    }
}
