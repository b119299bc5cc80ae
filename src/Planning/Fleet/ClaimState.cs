namespace Nemotron.Planning.Fleet;

/// <summary>A group on its nodes while arbitration goes on: one that the claim has, or a new one.</summary>
/// <param name="Claim">Whose it is.</param>
/// <param name="Held">The group as it is now; null for a new one.</param>
internal sealed record PlacedGroup(ClaimState Claim, HeldGroup? Held)
{
    /// <summary>Its nodes, as indexes into the pool's.</summary>
    public required int[] Nodes { get; init; }

    /// <summary>Whether the claim's turn has come to this group. Until then it only stands where it stands.</summary>
    public bool Confirmed { get; set; }
}

/// <summary>What a claim has and may still get while arbitration goes on.</summary>
internal sealed class ClaimState(FleetClaim claim, int index, TimeSpan minimumHold)
{
    /// <summary>The claim.</summary>
    public FleetClaim Claim => claim;

    /// <summary>Its place in the snapshot.</summary>
    public int Index => index;

    /// <summary>Groups on nodes that were there before and whose turn has not come, the first to keep last.</summary>
    public List<PlacedGroup> Standing { get; } = [];

    /// <summary>Groups granted, each on its nodes.</summary>
    public List<PlacedGroup> Confirmed { get; } = [];

    /// <summary>Groups that it has now but that are bound to no node; they are placed as new ones are.</summary>
    public Queue<HeldGroup> Unbound { get; } = new();

    /// <summary>Groups granted so far.</summary>
    public int Granted => Confirmed.Count;

    /// <summary>Counts up whenever its next group changes, so that what was queued for another is known as old.</summary>
    public int Turn { get; set; }

    /// <summary>Whether no place was found for its next group.</summary>
    public bool Blocked { get; set; }

    private readonly Dictionary<string, int> zones = [];
    private readonly List<double> values = [];
    private readonly int young = claim.Held.Count(group => group.Age < minimumHold);

    /// <summary>Groups that it will have if nothing is taken from it and nothing new given.</summary>
    public int Live => Granted + Standing.Count;

    /// <summary>Its groups in a zone, granted or standing; a group of several nodes counts once for each.</summary>
    public int InZone(string zone) => zones.GetValueOrDefault(zone);

    /// <summary>Counts groups that came to a zone, or with a negative number left it.</summary>
    public void CountZone(string zone, int groups) => zones[zone] = InZone(zone) + groups;

    /// <summary>The rank of its group of that number, from 1.</summary>
    public Rank RankOf(int nth) => GroupValue.RankOf(claim, nth, young);

    /// <summary>What its group of that number adds.</summary>
    public double ValueOf(int nth)
    {
        if (nth < 1) return GroupValue.Of(claim, nth, minimumHold);
        // Asked for time and again, and the logarithm takes its time.
        while (values.Count < nth) values.Add(GroupValue.Of(claim, values.Count + 1, minimumHold));
        return values[nth - 1];
    }
}
