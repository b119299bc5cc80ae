using k8s.Models;
using Nemotron.Controllers.Conditions;
using Nemotron.Controllers.NodePools.Consolidation;
using Nemotron.Controllers.NodePools.Health;
using Nemotron.Controllers.NodePools.Provisioning;
using Nemotron.Crds;
using Nemotron.Planning.Placement;

namespace Nemotron.Controllers.NodePools;

/// <summary>The conditions of a pool. Pure.</summary>
internal static class PoolConditions
{
    public static IList<V1Condition> Of(PoolSnapshot snapshot, IReadOnlyList<NodeState> nodes, PoolCapacity capacity, int unhealthyNodes, ProvisionReport? provision, RepairDecision? repair = null, ConsolidationDecision? consolidation = null)
    {
        var pool = snapshot.Pool;
        var conditions = new ConditionSet(pool.Status?.Conditions, pool.Metadata.Generation ?? 0, snapshot.Now);
        Accepted(conditions, snapshot);
        NotInEffect.Set(conditions, PoolFieldsNotInEffect.Of(pool.Spec));
        Healthy(conditions, snapshot, nodes, capacity, unhealthyNodes, repair);
        if (snapshot.GroupsWaiting == 0)
            conditions.Set(ConditionTypes.CapacityAvailable, true, ConditionReasons.Sufficient, "No replica waits for GPUs of this pool.");
        else
            conditions.Set(ConditionTypes.CapacityAvailable, false, ConditionReasons.InsufficientGpus,
                $"{snapshot.GroupsWaiting} replicas wait for GPUs; {capacity.Free} are free, at most {capacity.LargestFreeGroup} of them usable together on one node. "
                + (provision is null ? "Add nodes that carry the pool's labels, or lower replicas." : $"See condition {ConditionTypes.Provisioned}."));
        if (provision is not null) conditions.Set(ConditionTypes.Provisioned, provision.Provisioned, provision.Reason, provision.Message);
        if (consolidation?.Condition is { } told) conditions.Set(ConditionTypes.Consolidated, told.Answer, told.Reason, told.Message);
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

    private static void Healthy(ConditionSet conditions, PoolSnapshot snapshot, IReadOnlyList<NodeState> nodes, PoolCapacity capacity, int unhealthyNodes, RepairDecision? repair)
    {
        var products = nodes.Select(node => node.Product).Where(product => product is not null).Distinct().Order(StringComparer.Ordinal).ToList();
        if (repair is { Doubted: true })
            conditions.Set(ConditionTypes.Healthy, false, ConditionReasons.SignalDoubted,
                $"{unhealthyNodes} of {nodes.Count} nodes look sick at once, more than spec.health.doubtAbovePercent: the signal is doubted before the nodes are, and nothing is repaired. See status.unhealthyNodes, and what they have in common: the network, the driver, the exporter.");
        else if (repair is not null && repair.Marks.Any(pair => pair.Value.Cordon is not null))
            conditions.Set(ConditionTypes.Healthy, false, ConditionReasons.Repairing, Repairing(snapshot, repair));
        else if (unhealthyNodes > 0)
            conditions.Set(ConditionTypes.Healthy, false, ConditionReasons.SickGpus,
                $"{unhealthyNodes} of {nodes.Count} nodes are out of order, {capacity.Unhealthy} GPUs among them; see status.unhealthyNodes.");
        else if (products.Count > 1)
            conditions.Set(ConditionTypes.Healthy, false, ConditionReasons.MixedNodes,
                $"The nodes have different GPUs: {string.Join(", ", products)}. Give each kind a pool of its own, with nvidia.com/gpu.product in its nodeSelector.");
        else
            conditions.Set(ConditionTypes.Healthy, true, ConditionReasons.Healthy, "No node or GPU is out of order.");
    }

    private static string Repairing(PoolSnapshot snapshot, RepairDecision repair)
    {
        var closed = repair.Marks.Where(pair => pair.Value.Cordon is not null).OrderBy(pair => pair.Key, StringComparer.Ordinal).ToList();
        var (name, marks) = closed[0];
        var others = closed.Count > 1 ? $" And {closed.Count - 1} more: see status.unhealthyNodes." : "";
        var held = repair.Held.Count > 0 ? $" {repair.Held.Count} more sick nodes wait: spec.budgets allows no more at once." : "";
        var next = marks.WellSince is { } since
            ? $"It has been well since {since.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}, and takes replicas again once that has lasted {snapshot.Pool.Spec.Health?.HealthyAfter?.Value ?? TimeSpan.FromMinutes(10)}."
            : (snapshot.Pool.Spec.Health?.Repair, snapshot.Pool.Spec.Provisioner?.Type) switch
            {
                (RepairAction.Replace, ProvisionerType.Karpenter) => "Its replicas are moved, then Karpenter replaces it.",
                _ => $"Its replicas are moved. What is left is for a person: reset the GPU or reboot the machine (it takes replicas again once it has been well for a while), or replace it and delete the Node; kubectl uncordon {name} overrules.",
            };
        return $"Node {name} is closed. {marks.Cordon} {next}{others}{held}";
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
