using Nemotron.Controllers.Views;
using Nemotron.Crds;

namespace Nemotron.Controllers.NodePools;

/// <summary>Which node belongs to which pool. A node that matches several belongs to the oldest.</summary>
internal static class PoolMembership
{
    /// <summary>The nodes of a pool.</summary>
    /// <param name="Nodes">By name.</param>
    /// <param name="Overlapping">Names of other pools that match one of the nodes this pool matches.</param>
    /// <param name="BeyondMaximum">Matching nodes that are left out because <c>maxNodes</c> is reached.</param>
    public sealed record Members(IReadOnlyList<NodeView> Nodes, IReadOnlyList<string> Overlapping, int BeyondMaximum);

    /// <summary>The members of <paramref name="pool"/> among <paramref name="nodes"/>.</summary>
    public static Members Of(GpuNodePool pool, IReadOnlyCollection<GpuNodePool> pools, IReadOnlyCollection<NodeView> nodes)
    {
        var others = pools.Where(other => other.Metadata.Name != pool.Metadata.Name && other.Metadata.DeletionTimestamp is null).ToList();
        var mine = new List<NodeView>();
        var overlapping = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var node in nodes)
        {
            if (!Matches(pool, node)) continue;
            var rivals = others.Where(other => Matches(other, node)).ToList();
            overlapping.UnionWith(rivals.Select(rival => rival.Metadata.Name));
            if (rivals.All(rival => Elder(pool, rival))) mine.Add(node);
        }

        // Those that already carry the pool's label stay, so that a new node never pushes out one that works.
        mine.Sort((left, right) => (Carries(right, pool), left.Metadata.Name).CompareTo((Carries(left, pool), right.Metadata.Name)));
        // What the operator itself asks for it gives back itself, as soon as it is empty.
        var kept = pool.Spec.MaxNodes is { } most && pool.Spec.Provisioner?.Type != ProvisionerType.Scale ? mine.Take(most).ToList() : mine;
        var beyond = mine.Count - kept.Count;
        kept.Sort((left, right) => string.CompareOrdinal(left.Metadata.Name, right.Metadata.Name));
        return new Members(kept, [.. overlapping], beyond);
    }

    /// <summary>Whether a node carries all labels of the pool's selector.</summary>
    public static bool Matches(GpuNodePool pool, NodeView node) =>
        pool.Spec.NodeSelector is { Count: > 0 } selector && selector.All(label => node.Label(label.Key) == label.Value);

    /// <summary>Whether a node carries the pool's own mark.</summary>
    public static bool Carries(NodeView node, GpuNodePool pool) => node.Label(NemotronLabels.NodePool) == pool.Metadata.Name;

    private static bool Elder(GpuNodePool left, GpuNodePool right) =>
        (Created(left), left.Metadata.Name).CompareTo((Created(right), right.Metadata.Name)) < 0;

    private static DateTime Created(GpuNodePool pool) => pool.Metadata.CreationTimestamp ?? DateTime.MaxValue;
}
