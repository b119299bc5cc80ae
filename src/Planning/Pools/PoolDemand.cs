using Nemotron.Planning.Placement;

namespace Nemotron.Planning.Pools;

/// <summary>What a node of a growing pool may be used for.</summary>
public enum PoolNodeState
{
    /// <summary>Takes groups.</summary>
    Usable,

    /// <summary>Will take groups in a while: it has joined, and does not offer its GPUs yet.</summary>
    Starting,

    /// <summary>Takes none, and is not given back either: sick, or closed by a person.</summary>
    Closed,

    /// <summary>Closed by a former decision of <see cref="PoolSizing"/>, to be given back.</summary>
    Leaving,
}

/// <summary>A node of a growing pool.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Gpus">GPUs that it offers, or will once it has started.</param>
/// <param name="Allocated">Of those, given to pods.</param>
/// <param name="State">What it may be used for.</param>
/// <param name="EmptySince">Since when no pod has had a GPU of it; null where one has, or where that is not known.</param>
/// <param name="Domain">Its NVLink domain, or null for a node on its own.</param>
public sealed record PoolNode(string Name, int Gpus, int Allocated, PoolNodeState State, DateTimeOffset? EmptySince = null, string? Domain = null);

/// <summary>A replica that waits for GPUs.</summary>
/// <param name="Name">Distinct among those that wait.</param>
/// <param name="Unplaced">Its pods that have no node yet, and their GPUs.</param>
public sealed record WaitingGroup(string Name, GroupShape Unplaced);

/// <summary>All that the size of a growing pool follows from.</summary>
public sealed record PoolDemand
{
    /// <summary>The nodes that have joined, each once.</summary>
    public required IReadOnlyList<PoolNode> Nodes { get; init; }

    /// <summary>The replicas that wait, each once.</summary>
    public required IReadOnlyList<WaitingGroup> Waiting { get; init; }

    /// <summary>GPUs of a new node, at least 1.</summary>
    public required int NodeGpus { get; init; }

    /// <summary>Nodes that the provisioner is asked for now, 0 or more. Above the nodes that have joined: the others are on their way; below: some are on their way out.</summary>
    public required int Requested { get; init; }

    /// <summary>Fewest nodes, 0 or more.</summary>
    public int MinNodes { get; init; }

    /// <summary>Most nodes, not below <see cref="MinNodes"/>.</summary>
    public required int MaxNodes { get; init; }

    /// <summary>How long a node must have been empty before it is given back.</summary>
    public required TimeSpan ScaleDownDelay { get; init; }

    /// <summary>Nodes that may be on their way out at once, by the pool's budgets; 0 or more.</summary>
    public int MostLeaving { get; init; } = 1;

    /// <summary>The time.</summary>
    public required DateTimeOffset Now { get; init; }
}

/// <summary>Where a waiting group will go.</summary>
/// <param name="Group">The group's name.</param>
/// <param name="Nodes">The node of each of its pods; <c>new-1</c>, <c>new-2</c> … for nodes that do not exist yet.</param>
public sealed record GroupPlacement(string Group, IReadOnlyList<string> Nodes);

/// <summary>How large a pool should be.</summary>
public sealed record PoolSize
{
    /// <summary>Nodes that the provisioner should be asked for.</summary>
    public required int Target { get; init; }

    /// <summary>Nodes that are to take no group any more, since they are to be given back, by name. Those that are closed for it and not among them are to be opened again.</summary>
    public required IReadOnlyList<string> Leaving { get; init; }

    /// <summary>Of <see cref="Leaving"/>, those that the lower <see cref="Target"/> is about: empty, and closed since an earlier decision.</summary>
    public required IReadOnlyList<string> Released { get; init; }

    /// <summary>Where the waiting groups will go, whole.</summary>
    public required IReadOnlyList<GroupPlacement> Placed { get; init; }

    /// <summary>Groups that no node will hold, by name: more nodes than <see cref="PoolDemand.MaxNodes"/>, or larger ones, would be needed.</summary>
    public required IReadOnlyList<string> Unplaced { get; init; }

    /// <summary>When to decide again though nothing has changed; null for never.</summary>
    public DateTimeOffset? LookAgain { get; init; }

    /// <summary>The decision and its reason, in a sentence.</summary>
    public required string Message { get; init; }
}
