using Nemotron.Crds.Attributes;

namespace Nemotron.Crds;

/// <summary>What replicas over several nodes get. They are groups of a LeaderWorkerSet, which must be installed.</summary>
public sealed record MultiNodeSpec
{
    /// <summary>
    /// A label of nodes, such as a rack's: all pods of a replica go to nodes with the same value of it, and no other replica of a LeaderWorkerSet
    /// goes there. Absent: any nodes of the pool, but within one NVLink domain where the nodes are in one.
    /// </summary>
    [Length(1, 316), Pattern(Patterns.QualifiedName)]
    public string? ExclusiveTopology { get; init; }
}
