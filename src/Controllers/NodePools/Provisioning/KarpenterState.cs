using Nemotron.Controllers.Views;
using Nemotron.Crds;

namespace Nemotron.Controllers.NodePools.Provisioning;

/// <summary>What is seen of a pool's Karpenter NodePool.</summary>
/// <param name="Served">Whether the cluster has Karpenter's kinds.</param>
/// <param name="Live">The NodePool; null before it is made.</param>
/// <param name="Claims">Its NodeClaims, by name.</param>
/// <param name="OutOfCapacity">What the cloud said when it last had no machine, where that is recent; Karpenter deletes such a NodeClaim and leaves an event.</param>
/// <param name="Trouble">Why the NodePool could not be written, in a sentence; null when it could.</param>
internal sealed record KarpenterState(bool Served, KarpenterNodePool? Live, IReadOnlyList<NodeClaimView> Claims, string? OutOfCapacity = null, string? Trouble = null)
{
    private static readonly TimeSpan QuietFor = TimeSpan.FromMinutes(1);
    private static readonly string[] Steps = ["Launched", "Registered", "Initialized"];

    /// <summary>What it comes to, for status. Pure.</summary>
    public ProvisionReport Report(PoolSnapshot snapshot)
    {
        if (!Served)
            return new ProvisionReport(null, 0, false, ConditionReasons.CrdMissing,
                "spec.provisioner.type is Karpenter, and the custom resources nodepools.karpenter.sh and nodeclaims.karpenter.sh are not installed. Install Karpenter for your cloud; it is noticed within a minute or so. No node is made until then.");
        if (Trouble is not null) return new ProvisionReport(null, 0, false, ConditionReasons.ProvisioningFailed, $"The NodePool {snapshot.Pool.Metadata.Name} of Karpenter cannot be written. {Trouble}");
        var starting = Claims.Where(claim => claim.Metadata.DeletionTimestamp is null && claim.Condition("Initialized")?.Status != "True").ToList();
        var onTheirWay = starting.Count(claim => claim.Status?.NodeName is null);
        if (Live?.Status?.Conditions?.FirstOrDefault(condition => condition is { Type: "Ready", Status: "False" }) is { } unready)
            return new ProvisionReport(null, onTheirWay, false, ConditionReasons.ProvisioningFailed, $"Karpenter says that its NodePool {snapshot.Pool.Metadata.Name} is not ready: {Words(unready)}");
        if (OutOfCapacity is { } none && snapshot.GroupsWaiting > 0 && starting.Count == 0)
            return new ProvisionReport(null, 0, false, ConditionReasons.InsufficientCapacity,
                $"{snapshot.GroupsWaiting} replicas wait, and the cloud has no such machine now: {none} Karpenter asks again by itself; allow more instance types or zones in spec.provisioner.karpenter.requirements, or reserve capacity.");
        if (starting.FirstOrDefault(claim => Age(claim, snapshot) > QuietFor && Stuck(claim) is not null) is { } stuck)
        {
            var condition = Stuck(stuck)!;
            return condition.Reason == "ResourceNotRegistered"
                ? new ProvisionReport(null, onTheirWay, false, ConditionReasons.GpusNotOffered,
                    $"Node {stuck.Status?.NodeName} has joined, and does not offer its GPUs: {Words(condition)} See the device plugin and the driver on it (kubectl -n gpu-operator get pods --field-selector spec.nodeName={stuck.Status?.NodeName}); an image without the driver is the usual cause.")
                : new ProvisionReport(null, onTheirWay, condition.Status == "False" ? false : null, condition.Status == "False" ? ConditionReasons.ProvisioningFailed : ConditionReasons.WaitingForNodes,
                    $"NodeClaim {stuck.Metadata.Name} is not {condition.Type.ToLowerInvariant()} after {Math.Floor(Age(stuck, snapshot).TotalMinutes)} min: {Words(condition)} See kubectl describe nodeclaim {stuck.Metadata.Name}.");
        }

        if (starting.Count > 0) return new ProvisionReport(null, onTheirWay, false, ConditionReasons.WaitingForNodes, $"Karpenter starts {starting.Count} nodes for {snapshot.GroupsWaiting} waiting replicas.");
        if (snapshot.GroupsWaiting == 0) return new ProvisionReport(null, 0, true, ConditionReasons.AsManyAsNeeded, $"{Claims.Count} nodes by Karpenter, and no replica waits.");
        return Claims.Count >= snapshot.Pool.Spec.MaxNodes
            ? new ProvisionReport(null, 0, false, ConditionReasons.AtMaxNodes, $"{snapshot.GroupsWaiting} replicas wait, and the pool has its {snapshot.Pool.Spec.MaxNodes} nodes: the limit of its NodePool. Raise spec.maxNodes, or lower replicas.")
            : new ProvisionReport(null, 0, false, ConditionReasons.WaitingForNodes, $"{snapshot.GroupsWaiting} replicas wait, and Karpenter has not asked for a node yet: see kubectl describe pod of one of them, and Karpenter's log.");
    }

    private static ViewCondition? Stuck(NodeClaimView claim) => Steps.Select(claim.Condition).FirstOrDefault(condition => condition is { Status: not "True", Reason: not "AwaitingReconciliation" });

    private static TimeSpan Age(NodeClaimView claim, PoolSnapshot snapshot) =>
        claim.Metadata.CreationTimestamp is { } made ? snapshot.Now - new DateTimeOffset(made.ToUniversalTime(), TimeSpan.Zero) : TimeSpan.Zero;

    private static string Words(ViewCondition condition) => $"{condition.Reason}{(string.IsNullOrEmpty(condition.Message) ? "" : $": {condition.Message.TrimEnd('.')}")}.";
}
