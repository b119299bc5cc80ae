namespace Nemotron.Planning.Fleet;

/// <summary>All that arbitration looks at: the pools with their nodes, and who wants groups in them.</summary>
public sealed record FleetSnapshot
{
    /// <summary>The pools, each once.</summary>
    public required IReadOnlyList<FleetPool> Pools { get; init; }

    /// <summary>The deployments, each once.</summary>
    public required IReadOnlyList<FleetClaim> Claims { get; init; }

    /// <summary>Most GPUs that the deployments of a namespace may hold over all pools. A namespace that is not listed has no limit.</summary>
    public IReadOnlyDictionary<string, int> NamespaceQuotas { get; init; } = new Dictionary<string, int>();

    /// <summary>How long a group stays where it was given before another deployment of the same priority may have its GPUs.</summary>
    public TimeSpan MinimumHold { get; init; } = TimeSpan.FromMinutes(10);
}

/// <summary>The GPUs of one pool that are to be given out.</summary>
public sealed record FleetPool
{
    /// <summary>The GpuNodePool.</summary>
    public required string Name { get; init; }

    /// <summary>Most GPUs that may be given out, or null for all.</summary>
    public int? BudgetGpus { get; init; }

    /// <summary>Its nodes, each once.</summary>
    public required IReadOnlyList<FleetNode> Nodes { get; init; }

    /// <summary>Whether a group that runs may be drained and started on another node only to make room for one of no higher rank.</summary>
    public bool MayMove { get; init; }
}

/// <summary>A node as arbitration sees it.</summary>
public sealed record FleetNode
{
    /// <summary>The node's name.</summary>
    public required string Name { get; init; }

    /// <summary>GPUs that claims may hold: those in order, less what pods of others take. 0 or more.</summary>
    public required int Gpus { get; init; }

    /// <summary>Takes no new group (cordoned, not ready, sick, or its labels refused); what runs there runs on.</summary>
    public bool Closed { get; init; }

    /// <summary>The NVLink domain (<c>nvidia.com/gpu.clique</c>), or null when the node is one by itself. A group of several nodes stays in one domain where nodes have any.</summary>
    public string? Domain { get; init; }

    /// <summary>The zone (<c>topology.kubernetes.io/zone</c>), or null.</summary>
    public string? Zone { get; init; }
}

/// <summary>What one deployment wants of a pool. Its groups are all alike and are given whole or not at all.</summary>
public sealed record FleetClaim
{
    /// <summary>Who, as namespace/name; unique.</summary>
    public required string Key { get; init; }

    /// <summary>The namespace, for quotas.</summary>
    public required string Namespace { get; init; }

    /// <summary>The pool.</summary>
    public required string Pool { get; init; }

    /// <summary>GPUs that a group takes on each of its nodes, 1 or more.</summary>
    public required int GpusPerNode { get; init; }

    /// <summary>Nodes of a group, 1 or more.</summary>
    public int NodesPerGroup { get; init; } = 1;

    /// <summary>GPUs of a group over all its nodes.</summary>
    public int GroupGpus => GpusPerNode * NodesPerGroup;

    /// <summary>Groups that it wants, 0 or more.</summary>
    public required int Wanted { get; init; }

    /// <summary>Groups that it keeps whatever others want, as far as it wants them.</summary>
    public int Floor { get; init; }

    /// <summary>Most groups.</summary>
    public int Ceiling { get; init; } = int.MaxValue;

    /// <summary>The higher number comes first.</summary>
    public int Priority { get; init; }

    /// <summary>Share among claims of the same priority, 1 or more: twice the weight, twice the GPUs.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>How long it has had no group at all although it wants some; zero when it has one.</summary>
    public TimeSpan WaitedFor { get; init; }

    /// <summary>The groups that it has now, running or starting.</summary>
    public IReadOnlyList<HeldGroup> Held { get; init; } = [];

    /// <summary>Groups that it may be given.</summary>
    public int Need => Math.Min(Wanted, Math.Max(0, Ceiling));

    /// <summary>Groups that come before all that others want.</summary>
    public int SureNeed => Math.Min(Need, Math.Max(0, Floor));
}

/// <summary>A group that a claim has now.</summary>
/// <param name="Id">The pod, or the leader of a group of pods; unique.</param>
/// <param name="Nodes">Where it is; empty while it is bound to none.</param>
/// <param name="Age">How long it has had its GPUs.</param>
/// <param name="Loading">Whether it does not serve yet.</param>
public sealed record HeldGroup(string Id, IReadOnlyList<string> Nodes, TimeSpan Age, bool Loading = false);
