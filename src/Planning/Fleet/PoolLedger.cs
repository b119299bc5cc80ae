namespace Nemotron.Planning.Fleet;

/// <summary>Which group stands where in one pool while arbitration goes on, and what is left of its budget.</summary>
internal sealed class PoolLedger
{
    private readonly List<PlacedGroup>[] on;
    private readonly bool hasDomains;

    /// <summary>An empty pool.</summary>
    public PoolLedger(FleetPool pool)
    {
        Pool = pool;
        Room = new NodeRoom(pool.Nodes);
        // What there is room for if every group that is not confirmed yet went away.
        Firm = new NodeRoom(pool.Nodes);
        on = [.. pool.Nodes.Select(_ => new List<PlacedGroup>(1))];
        IndexOf = new Dictionary<string, int>(pool.Nodes.Count);
        for (var i = 0; i < pool.Nodes.Count; i++) IndexOf.Add(pool.Nodes[i].Name, i);
        hasDomains = pool.Nodes.Any(node => node.Domain is not null);
        BudgetLeft = pool.BudgetGpus ?? int.MaxValue;
    }

    /// <summary>The pool.</summary>
    public FleetPool Pool { get; }

    /// <summary>The nodes by name.</summary>
    public Dictionary<string, int> IndexOf { get; }

    /// <summary>What is free beside all groups.</summary>
    public NodeRoom Room { get; }

    /// <summary>What is free beside the confirmed groups.</summary>
    public NodeRoom Firm { get; }

    /// <summary>Who would lose least.</summary>
    public VictimOrder Victims { get; } = new();

    /// <summary>GPUs of the budget that nobody has been granted.</summary>
    public int BudgetLeft { get; set; }

    /// <summary>The groups on a node.</summary>
    public List<PlacedGroup> On(int node) => on[node];

    /// <summary>The domain that a group of several nodes must share; null where it may take any nodes of the pool, and a name of its own for a node outside every domain.</summary>
    public string? DomainOf(int node) => hasDomains ? Pool.Nodes[node].Domain ?? $"node {Pool.Nodes[node].Name}" : null;

    /// <summary>Puts a group on its nodes.</summary>
    public void Put(PlacedGroup group)
    {
        foreach (var node in group.Nodes)
        {
            on[node].Add(group);
            if (Pool.Nodes[node].Zone is { } zone) group.Claim.CountZone(zone, 1);
            Room.Take(node, group.Claim.Claim.GpusPerNode);
            if (group.Confirmed) Firm.Take(node, group.Claim.Claim.GpusPerNode);
        }
    }

    /// <summary>Takes a group off its nodes.</summary>
    public void Remove(PlacedGroup group)
    {
        foreach (var node in group.Nodes)
        {
            on[node].Remove(group);
            if (Pool.Nodes[node].Zone is { } zone) group.Claim.CountZone(zone, -1);
            Room.Take(node, -group.Claim.Claim.GpusPerNode);
            if (group.Confirmed) Firm.Take(node, -group.Claim.Claim.GpusPerNode);
        }
    }

    /// <summary>Confirms a group where it stands.</summary>
    public void Confirm(PlacedGroup group)
    {
        group.Confirmed = true;
        foreach (var node in group.Nodes) Firm.Take(node, group.Claim.Claim.GpusPerNode);
    }
}
