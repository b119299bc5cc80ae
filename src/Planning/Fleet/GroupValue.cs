namespace Nemotron.Planning.Fleet;

/// <summary>
/// Where a claim's next group stands among those of all claims. Ranks come first and are never traded against each other:
/// every floor before all else, then the higher priority, then what was given so lately that it must not change hands yet.
/// Within a rank the value per GPU decides.
/// </summary>
/// <param name="Floor">Whether the group is part of the claim's floor.</param>
/// <param name="Priority">The claim's priority.</param>
/// <param name="Held">Whether the group is there and younger than the minimum hold.</param>
internal readonly record struct Rank(bool Floor, int Priority, bool Held) : IComparable<Rank>
{
    /// <summary>Negative when this one comes first.</summary>
    public int CompareTo(Rank other)
    {
        if (Floor != other.Floor) return Floor ? -1 : 1;
        if (Priority != other.Priority) return other.Priority.CompareTo(Priority);
        return Held == other.Held ? 0 : Held ? -1 : 1;
    }
}

/// <summary>
/// What the groups of a claim are worth: weight × logarithm of the groups held, the measure of proportional fairness (Kelly, 1997).
/// Its steps fall with every group, so giving the next GPU to whoever values it most ends with GPUs in proportion to the weights.
/// </summary>
internal static class GroupValue
{
    // Who has one keeps it against one that is worth only a little more: two claims do not trade a group for ever.
    private const double HeldBonus = 1.15;
    private const double MostWaitingBonus = 64;

    /// <summary>The rank of a claim's group.</summary>
    /// <param name="claim">The claim.</param>
    /// <param name="nth">Which group, from 1.</param>
    /// <param name="young">How many of the claim's groups are younger than the minimum hold.</param>
    public static Rank RankOf(FleetClaim claim, int nth, int young) => new(nth <= claim.SureNeed, claim.Priority, nth <= young);

    /// <summary>What the <paramref name="nth"/> group adds.</summary>
    /// <param name="claim">The claim.</param>
    /// <param name="nth">Which group, from 1.</param>
    /// <param name="minimumHold">The time in which waiting doubles the value of a first group, so that nobody of a priority waits for ever.</param>
    public static double Of(FleetClaim claim, int nth, TimeSpan minimumHold)
    {
        var value = claim.Weight * Math.Log((nth + 0.5) / (nth - 0.5));
        if (nth <= claim.Held.Count) value *= HeldBonus;
        else if (nth == 1 && minimumHold > TimeSpan.Zero) value *= Math.Min(MostWaitingBonus, 1 + (claim.WaitedFor / minimumHold));
        return value;
    }
}
