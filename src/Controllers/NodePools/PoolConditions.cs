using k8s.Models;
using Nemotron.Controllers.Conditions;
using Nemotron.Controllers.NodePools.Provisioning;
using Nemotron.Crds;
using Nemotron.Planning.Placement;

namespace Nemotron.Controllers.NodePools;

/// <summary>The conditions of a pool. Pure.</summary>
internal static class PoolConditions
{
    public static IList<V1Condition> Of(PoolSnapshot snapshot, IReadOnlyList<NodeState> nodes, PoolCapacity capacity, int unhealthyNodes, ProvisionReport? provision)
    {
        var pool = snapshot.Pool;
        var conditions = new ConditionSet(pool.Status?.Conditions, pool.Metadata.Generation ?? 0, snapshot.Now);
        Accepted(conditions, snapshot);
        NotInEffect.Set(conditions, PoolFieldsNotInEffect.Of(pool.Spec));
        Healthy(conditions, nodes, capacity, unhealthyNodes);
        if (snapshot.GroupsWaiting == 0)
            conditions.Set(ConditionTypes.CapacityAvailable, true, ConditionReasons.Sufficient, "No replica waits for GPUs of this pool.");
        else
            conditions.Set(ConditionTypes.CapacityAvailable, false, ConditionReasons.InsufficientGpus,
                $"{snapshot.GroupsWaiting} replicas wait for GPUs; {capacity.Free} are free, at most {capacity.LargestFreeGroup} of them usable together on one node. "
                + (provision is null ? "Add nodes that carry the pool's labels, or lower replicas." : $"See condition {ConditionTypes.Provisioned}."));
        if (provision is not null) conditions.Set(ConditionTypes.Provisioned, provision.Provisioned, provision.Reason, provision.Message);
        Ready(conditions, snapshot, nodes.Count, capacity, provision);
        return conditions.ToList();
    }

    private static void Accepted(ConditionSet conditions, PoolSnapshot snapshot)
    {
        if (snapshot.Members.Overlapping is { Count: > 0 } others)
            conditions.Set(ConditionTypes.Accepted, false, ConditionReasons.OverlappingPools,
                $"Nodes of this pool also match {string.Join(", ", others)}. Each goes to the oldest pool that matches; make the nodeSelectors exclude each other.");
        else if (PoolBudgets.Fault(snapshot.Pool.Spec) is { } schedule)
            conditions.Set(ConditionTypes.Accepted, false, ConditionReasons.InvalidField, $"{schedule}. No node is given back or repaired until it is corrected.");
        else
            conditions.Set(ConditionTypes.Accepted, true, ConditionReasons.Valid, "The pool can be carried out.");
    }

    private static void Healthy(ConditionSet conditions, IReadOnlyList<NodeState> nodes, PoolCapacity capacity, int unhealthyNodes)
    {
        var products = nodes.Select(node => node.Product).Where(product => product is not null).Distinct().Order(StringComparer.Ordinal).ToList();
        if (unhealthyNodes > 0)
            conditions.Set(ConditionTypes.Healthy, false, ConditionReasons.SickGpus,
                $"{unhealthyNodes} of {nodes.Count} nodes are out of order, {capacity.Unhealthy} GPUs among them; see status.unhealthyNodes.");
        else if (products.Count > 1)
            conditions.Set(ConditionTypes.Healthy, false, ConditionReasons.MixedNodes,
                $"The nodes have different GPUs: {string.Join(", ", products)}. Give each kind a pool of its own, with nvidia.com/gpu.product in its nodeSelector.");
        else
            conditions.Set(ConditionTypes.Healthy, true, ConditionReasons.Healthy, "No node or GPU is out of order.");
    }

    private static void Ready(ConditionSet conditions, PoolSnapshot snapshot, int nodes, PoolCapacity capacity, ProvisionReport? provision)
    {
        var pool = snapshot.Pool;
        if (nodes == 0 && provision is not null && (pool.Spec.MinNodes ?? 0) == 0 && snapshot.GroupsWaiting == 0)
            conditions.Set(ConditionTypes.Ready, true, ConditionReasons.AsManyAsNeeded, "No node is needed; one is made when a replica waits.");
        else if (nodes == 0 && provision is not null)
            conditions.Set(ConditionTypes.Ready, false, provision.Provisioned == false ? provision.Reason : ConditionReasons.WaitingForNodes, provision.Message);
        else if (nodes == 0)
            conditions.Set(ConditionTypes.Ready, false, ConditionReasons.NoNodes,
                $"No node carries {string.Join(",", (pool.Spec.NodeSelector ?? new Dictionary<string, string>()).Select(label => $"{label.Key}={label.Value}"))}. Label nodes so, or correct spec.nodeSelector.");
        else if (nodes < (pool.Spec.MinNodes ?? 0))
            conditions.Set(ConditionTypes.Ready, false, ConditionReasons.BelowMinNodes,
                provision is null
                    ? $"{nodes} nodes, {pool.Spec.MinNodes} are the minimum. A Static pool cannot grow by itself: add nodes that carry its labels, or lower spec.minNodes."
                    : $"{nodes} nodes, {pool.Spec.MinNodes} are the minimum. {provision.Message}");
        else
            conditions.Set(ConditionTypes.Ready, true, ConditionReasons.Healthy,
                $"{nodes} nodes with {capacity.Usable} usable GPUs, {capacity.Free} of them free."
                + (snapshot.Members.BeyondMaximum > 0 ? $" {snapshot.Members.BeyondMaximum} further nodes match and are not used: maxNodes is {pool.Spec.MaxNodes}." : ""));
    }
}
