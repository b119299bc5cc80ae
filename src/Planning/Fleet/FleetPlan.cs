namespace Nemotron.Planning.Fleet;

/// <summary>Who gets GPUs, who gives them back, and where.</summary>
/// <param name="Grants">One for each claim, in the order of the snapshot.</param>
public sealed record FleetPlan(IReadOnlyList<Grant> Grants)
{
    /// <summary>GPUs given out.</summary>
    public int Gpus => Grants.Sum(grant => grant.Granted * grant.Claim.GroupGpus);
}

/// <summary>What one claim gets.</summary>
public sealed record Grant
{
    /// <summary>The claim.</summary>
    public required FleetClaim Claim { get; init; }

    /// <summary>Groups that it may have: those kept and those started.</summary>
    public int Granted => Kept.Count + Starts.Count;

    /// <summary>Groups that stay where they are.</summary>
    public required IReadOnlyList<HeldGroup> Kept { get; init; }

    /// <summary>Groups that are given back, to be drained and never cut; the one of the least value first.</summary>
    public required IReadOnlyList<HeldGroup> Released { get; init; }

    /// <summary>Groups that are new.</summary>
    public required IReadOnlyList<GroupStart> Starts { get; init; }

    /// <summary>Why it gets fewer than it needs; null when it gets them all.</summary>
    public Shortage? Short { get; init; }
}

/// <summary>A new group's place.</summary>
/// <param name="Nodes">The nodes, in the order of their names.</param>
/// <param name="After">Groups, by id, that must be gone from there first.</param>
public sealed record GroupStart(IReadOnlyList<string> Nodes, IReadOnlyList<string> After);

/// <summary>Why a claim gets fewer groups than it needs.</summary>
public enum Shortage
{
    /// <summary>The pool's budget is spent.</summary>
    BudgetSpent,

    /// <summary>The namespace's quota is spent.</summary>
    QuotaSpent,

    /// <summary>Claims that come first hold the GPUs.</summary>
    LowerPriority,

    /// <summary>Enough GPUs are free, but not together as a group needs them.</summary>
    Fragmented,

    /// <summary>No node, or no domain, of the pool is large enough for a group.</summary>
    NoSuchNode,
}
