using Nemotron.Planning.Placement;

namespace Nemotron.Planning.Pools;

/// <summary>A replica in one pod that runs and could run elsewhere.</summary>
/// <param name="Name">Distinct among those of a pool.</param>
/// <param name="Node">The node it is on.</param>
/// <param name="Gpus">GPUs that it takes there, at least 1.</param>
/// <param name="Fits">Other nodes that take it by their labels and taints, by name; whether they have room is not said here.</param>
public sealed record MovableGroup(string Name, string Node, int Gpus, IReadOnlySet<string> Fits);

/// <summary>All that consolidation follows from.</summary>
public sealed record ConsolidationDemand
{
    /// <summary>The nodes that may be emptied or filled, each once. Those with a fault are neither.</summary>
    public required IReadOnlyList<NodeState> Nodes { get; init; }

    /// <summary>The replicas that may be moved, each once. A node is emptied only if these hold all that is taken of it.</summary>
    public required IReadOnlyList<MovableGroup> Movable { get; init; }

    /// <summary>Most nodes that may be emptied at once, by the pool's budgets; 0 or more.</summary>
    public required int MostNodes { get; init; }

    /// <summary>The node that is being emptied already and so comes first; null for none.</summary>
    public string? First { get; init; }

    /// <summary>Most moves of a plan, 0 or more; a node that would take more is left as it is.</summary>
    public int MostMoves { get; init; } = 32;
}

/// <summary>A replica that is to go from one node to another.</summary>
/// <param name="Group">The replica.</param>
/// <param name="From">The node it leaves.</param>
/// <param name="To">The node it goes to.</param>
public sealed record GroupMove(string Group, string From, string To);

/// <summary>What consolidation comes to.</summary>
/// <param name="Emptied">The nodes that have no replica afterwards, by name.</param>
/// <param name="Moves">The moves that it takes, by node and then the largest first.</param>
public sealed record ConsolidationPlan(IReadOnlyList<string> Emptied, IReadOnlyList<GroupMove> Moves)
{
    /// <summary>The other nodes in use that have no fault, with why each is not emptied: those that would take the fewest moves first.</summary>
    public IReadOnlyList<KeptNode> Kept { get; init; } = [];
}

/// <summary>Why a node is not emptied.</summary>
public enum KeptFor
{
    /// <summary>Something that may not be moved is on it.</summary>
    Unmovable,

    /// <summary>No other node in use has room for one of its replicas.</summary>
    NoRoom,

    /// <summary>It takes replicas of another node.</summary>
    Receives,

    /// <summary>As many nodes as may be are emptied already.</summary>
    Budget,

    /// <summary>The plan would have more moves than it may have.</summary>
    MostMoves,
}

/// <summary>A node in use that is not emptied.</summary>
/// <param name="Node">The node.</param>
/// <param name="For">Why not.</param>
/// <param name="Group">The replica that finds no room, where that is why.</param>
public sealed record KeptNode(string Node, KeptFor For, string? Group = null);
