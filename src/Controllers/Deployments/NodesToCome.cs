using Nemotron.Crds;
using Nemotron.Planning.Placement;

namespace Nemotron.Controllers.Deployments;

/// <summary>
/// The nodes that a pool has not yet and would be given for replicas that wait: without them in the reckoning no replica would ever wait, and a pool that grows
/// would not. Pure.
/// </summary>
internal static class NodesToCome
{
    // What was asked for and refused, or not to be had, is not reckoned with; what is only not there yet is.
    private static readonly string[] Failures = [ConditionReasons.CrdMissing, ConditionReasons.ProvisioningFailed, ConditionReasons.InsufficientCapacity, ConditionReasons.GpusNotOffered];

    /// <summary>The nodes that may still come, all GPUs free: those that have joined and do not offer their GPUs yet, and those up to <c>maxNodes</c>. None of a pool that does not grow.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="now">The time.</param>
    public static IReadOnlyList<NodeState> Of(PoolState pool, DateTimeOffset now)
    {
        var spec = pool.Pool.Spec;
        if (!pool.Pool.Grows() || pool.Pool.Metadata.DeletionTimestamp is not null || Fails(pool.Pool)) return [];
        var gpus = TpGroups.LargestNode(pool.Nodes) is > 0 and var largest ? largest : spec.Gpu?.PerNode ?? 0;
        if (gpus == 0) return [];
        // Nodes of racks come to a rack.
        var clique = pool.Nodes.Any(node => node.Clique is not null) ? "(new)" : null;
        var more = Math.Max(0, (spec.MaxNodes ?? 0) - pool.Nodes.Count);
        return
        [
            .. pool.Nodes.Where(node => Starts(node, now)).Select(node => node with { Fault = NodeFault.None, Allocatable = Math.Max(gpus, node.Allocatable) }),
            // No name of a node has brackets.
            .. Enumerable.Range(1, more).Select(n => new NodeState($"(new {n} of {pool.Pool.Metadata.Name})", null, null, gpus, gpus, 0, NodeFault.None) { Clique = clique }),
        ];
    }

    /// <summary>Whether a replica more would have a place once they are there.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="shape">The replica's.</param>
    /// <param name="now">The time.</param>
    public static bool AddRoom(PoolState pool, GroupShape shape, DateTimeOffset now) =>
        TpGroups.FreeGroups([.. pool.Nodes, .. Of(pool, now)], shape) > TpGroups.FreeGroups(pool.Nodes, shape);

    /// <summary>Whether a node of a plan does not exist yet.</summary>
    public static bool IsToCome(string node) => node.StartsWith('(');

    private static bool Starts(NodeState node, DateTimeOffset now) => node.Fault is NodeFault.NoGpusOffered or NodeFault.NotReady && node.IsYoung(now);

    private static bool Fails(GpuNodePool pool) =>
        pool.Status?.Conditions?.FirstOrDefault(condition => condition.Type == ConditionTypes.Provisioned) is { Status: "False" } told && Failures.Contains(told.Reason);
}
