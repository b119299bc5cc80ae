using System.Text.Json.Nodes;
using k8s.Models;
using Nemotron.Controllers.Deployments.Weights;
using Nemotron.Controllers.NodePools.Consolidation;
using Nemotron.Controllers.NodePools.Health;
using Nemotron.Controllers.NodePools.Provisioning;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.NodePools;

/// <summary>Marks a pool's nodes and counts its GPUs. On deletion the marks are taken off again.</summary>
[EntityRbac(typeof(GpuNodePool), Verbs = RbacVerb.Read | RbacVerb.Patch)]
[GenericRbac(Groups = [NemotronApi.Group], Resources = [GpuNodePool.Plural + "/status"], Verbs = RbacVerb.Patch)]
// Owner references that block their owner's deletion need this where OwnerReferencesPermissionEnforcement is on.
[GenericRbac(Groups = [NemotronApi.Group], Resources = [GpuNodePool.Plural + "/finalizers"], Verbs = RbacVerb.Update)]
[EntityRbac(typeof(NodeView), Verbs = RbacVerb.Observe | RbacVerb.Patch)]
[EntityRbac(typeof(PodView), Verbs = RbacVerb.Observe)]
internal sealed class GpuNodePoolController(
    FleetState fleet,
    INodePatcher nodes,
    ScaleProvisioning scale,
    KarpenterProvisioning karpenter,
    IGpuEvidence gpus,
    INodeDrain drain,
    ReplicaOwners owners,
    IInformerCache<NemotronDeployment> deployments,
    IInformerCache<V1Job> jobs,
    IStatusWriter status,
    EventPublisher events,
    TimeProvider time) : IEntityController<GpuNodePool>, IEntityFinalizer<GpuNodePool>
{
    // A refused patch means that the node has changed; its new state is on the way to the cache.
    private static readonly TimeSpan AfterConflict = TimeSpan.FromMilliseconds(200);

    // Nobody tells when an object of a kind that is not watched changes.
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(15);

    /// <inheritdoc/>
    public async Task<ReconciliationResult<GpuNodePool>> ReconcileAsync(GpuNodePool entity, CancellationToken cancellationToken)
    {
        var snapshot = fleet.Snapshot(entity, time.GetUtcNow());
        snapshot = snapshot with
        {
            Owners = owners.Of(snapshot),
            WeightsUsed = WeightUsers.Keys(deployments.List(), entity.Metadata.Name),
            WeightsDownloaded = WeightUsers.Downloaded(jobs.ByLabel(NemotronLabels.NodePool, entity.Metadata.Name)),
        };
        var members = snapshot.Members.Nodes;
        var scaled = await scale.ReadAsync(entity, cancellationToken);
        var provisioned = await karpenter.KeepAsync(entity, snapshot, cancellationToken);
        var plan = PoolPlan.Decide(snapshot, scaled, provisioned, gpus.Of);
        // The last step of a move is decided by what the API server says about budgets of pods.
        if (plan.Consolidation.Ask is { } leaving)
        {
            snapshot = snapshot with { MayGo = await drain.MayGoAsync(leaving, cancellationToken) };
            plan = PoolPlan.Decide(snapshot, scaled, provisioned, gpus.Of);
        }

        var outcome = plan.Scale is null ? ScaleOutcome.Done : await ReopenAsync(scaled!, members, plan, cancellationToken);
        var settled = outcome.Settled;
        // Closed first: a node goes only once the cache has it closed and empty.
        if (settled && outcome.Trouble is null)
            foreach (var node in members) settled &= await MarkAsync(node, entity, plan.MarksOf(node.Metadata.Name) with { Weights = snapshot.WeightsOn(node) }, cancellationToken);
        var strangers = fleet.Marked(entity.Metadata.Name).Where(node => members.All(member => member.Metadata.Name != node.Metadata.Name));
        foreach (var node in strangers) settled &= await MarkAsync(node, null, null, cancellationToken);
        if (settled && outcome.Trouble is null && plan.Scale is { } decision)
        {
            outcome = await scale.ApplyAsync(scaled!, decision, members, cancellationToken);
            settled = outcome.Settled;
        }

        if (provisioned is not null) settled &= await karpenter.UnshieldAsync(fleet.MarkedAsLoading(entity.Metadata.Name), cancellationToken);
        var waiting = await RepairAsync(entity, plan.Repair, cancellationToken);

        var next = PoolStatus.Of(snapshot, outcome.Trouble is { } trouble ? plan.Report!.Refused(trouble) : plan.Report, plan.Repair, plan.Consolidation);
        await PublishAsync(entity, next, cancellationToken);
        await status.UpdateStatusAsync(entity, next, cancellationToken);
        // A move that is not written down has not been decided.
        foreach (var (reason, message) in plan.Consolidation.Events)
            await events(entity, reason, message, reason == ConditionReasons.MoveGivenUp ? EventType.Warning : EventType.Normal, cancellationToken);
        return ReconciliationResult<GpuNodePool>.Success(entity, settled ? Sooner(plan, snapshot.Now, waiting) : AfterConflict);
    }

    /// <summary>Empties closed nodes and hands them on. True while something is in the way that nobody tells of when it goes.</summary>
    private async Task<bool> RepairAsync(GpuNodePool entity, RepairDecision repair, CancellationToken cancellationToken)
    {
        var waiting = false;
        foreach (var (node, force) in repair.Drain)
        {
            foreach (var pod in fleet.EnginePodsOn(node).Where(pod => pod.Metadata.DeletionTimestamp is null))
            {
                if (await drain.TakeAsync(pod, force, cancellationToken))
                    await events(entity, ConditionReasons.GroupDrained, $"Replica {pod.Metadata.NamespaceProperty}/{pod.Replica} is moved from node {node}, which is sick; what it has in flight it may finish.", EventType.Normal, cancellationToken);
                else
                    waiting = true;
            }
        }

        foreach (var node in repair.Silent) waiting |= await ForgetAsync(entity, node, cancellationToken);
        foreach (var node in repair.Replace)
            if (await karpenter.ReplaceAsync(node, cancellationToken))
                await events(entity, ConditionReasons.NodeReplaced, $"Node {node} is sick and empty: its NodeClaim is deleted, and Karpenter makes another when it is needed.", EventType.Normal, cancellationToken);
        foreach (var node in repair.Readmitted)
            await events(entity, ConditionReasons.NodeReadmitted, $"Node {node} has been well for a while, and takes replicas again.", EventType.Normal, cancellationToken);
        return waiting;
    }

    /// <summary>Removes pods that keep their group from being made anew. True while one has time left.</summary>
    private async Task<bool> ForgetAsync(GpuNodePool entity, string node, CancellationToken cancellationToken)
    {
        var waiting = false;
        foreach (var pod in fleet.EnginePodsOn(node))
        {
            var fate = LostPods.Of(pod, time.GetUtcNow());
            waiting |= fate == LostPod.Waiting;
            if (fate != LostPod.Removed) continue;
            await drain.ForgetAsync(pod, cancellationToken);
            await events(entity, ConditionReasons.LostPodRemoved, $"Pod {pod.Metadata.NamespaceProperty}/{pod.Metadata.Name} is removed from the API: node {node} is silent, and replica {pod.Replica} can be made anew elsewhere only once it is gone.", EventType.Normal, cancellationToken);
        }

        return waiting;
    }

    // A Machine that is marked to go first would go at the next shrinking, whatever its node holds by then.
    private async Task<ScaleOutcome> ReopenAsync(ScaleState state, IReadOnlyList<NodeView> members, PoolPlan plan, CancellationToken cancellationToken) =>
        await scale.ReopenAsync(state, members.Where(node => NodeMarks.IsToBeGivenBack(node) && plan.MarksOf(node.Metadata.Name).Cordon is null), cancellationToken);

    private static TimeSpan? Sooner(PoolPlan plan, DateTimeOffset now, bool waiting)
    {
        var wait = plan.LookAgain is { } at ? at - now : (TimeSpan?)null;
        if (wait <= TimeSpan.Zero) wait = AfterConflict;
        return plan.Report is null && !waiting ? wait : wait is { } soon && soon < LookAgain ? soon : LookAgain;
    }

    /// <inheritdoc/>
    public Task<ReconciliationResult<GpuNodePool>> DeletedAsync(GpuNodePool entity, CancellationToken cancellationToken) =>
        Task.FromResult(ReconciliationResult<GpuNodePool>.Success(entity));

    /// <inheritdoc/>
    public async Task<ReconciliationResult<GpuNodePool>> FinalizeAsync(GpuNodePool entity, CancellationToken cancellationToken)
    {
        var settled = true;
        var marked = fleet.Marked(entity.Metadata.Name);
        // What cannot be said any more to whoever makes the nodes keeps nobody from going.
        if (await scale.ReadAsync(entity, cancellationToken) is { } scaled)
            settled = (await scale.ReopenAsync(scaled, marked.Where(NodeMarks.IsToBeGivenBack), cancellationToken)).Settled;
        foreach (var node in marked) settled &= await MarkAsync(node, null, null, cancellationToken);
        return settled
            ? ReconciliationResult<GpuNodePool>.Success(entity)
            : ReconciliationResult<GpuNodePool>.Failure(entity, "A node changed while its marks were taken off.", requeueAfter: AfterConflict);
    }

    private async Task<bool> MarkAsync(NodeView node, GpuNodePool? pool, NodeMarks? marks, CancellationToken cancellationToken) =>
        NodeMarking.Patch(node, pool, marks) is not { } patch || await nodes.PatchAsync(node.Metadata.Name, patch, cancellationToken);

    private async Task PublishAsync(GpuNodePool entity, GpuNodePoolStatus next, CancellationToken cancellationToken)
    {
        var former = (entity.Status?.Conditions ?? []).ToDictionary(condition => condition.Type);
        foreach (var condition in next.Conditions ?? [])
        {
            if (former.TryGetValue(condition.Type, out var old) && old.Status == condition.Status && old.Reason == condition.Reason) continue;
            // Moves have Events of their own.
            if (condition.Status == "False" && condition.Type is not (ConditionTypes.AllFieldsInEffect or ConditionTypes.Consolidated))
                await events(entity, condition.Reason, condition.Message, EventType.Warning, cancellationToken);
            else if (condition is { Type: ConditionTypes.Ready, Status: "True" })
                await events(entity, "Ready", condition.Message, EventType.Normal, cancellationToken);
        }
    }
}

/// <summary>Changes nodes.</summary>
internal interface INodePatcher
{
    /// <summary>Merge-patches a node.</summary>
    /// <returns>False when the node has changed since the patch was made.</returns>
    Task<bool> PatchAsync(string node, JsonObject patch, CancellationToken cancellationToken);
}

/// <summary>Changes nodes through the API server.</summary>
internal sealed class NodePatcher(IObjectPatcher patcher) : INodePatcher
{
    /// <inheritdoc/>
    public async Task<bool> PatchAsync(string node, JsonObject patch, CancellationToken cancellationToken) =>
        await patcher.MergePatchAsync<NodeView>(new NamespacedName(null, node), patch, cancellationToken) != PatchOutcome.Conflict;
}
