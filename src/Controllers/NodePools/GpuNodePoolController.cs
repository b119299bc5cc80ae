using System.Text.Json.Nodes;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.NodePools;

/// <summary>Marks a pool's nodes and counts its GPUs. On deletion the marks are taken off again.</summary>
[EntityRbac(typeof(GpuNodePool), Verbs = RbacVerb.Read | RbacVerb.Patch)]
[GenericRbac(Groups = [NemotronApi.Group], Resources = [GpuNodePool.Plural + "/status"], Verbs = RbacVerb.Patch)]
[EntityRbac(typeof(NodeView), Verbs = RbacVerb.Read | RbacVerb.Patch)]
[EntityRbac(typeof(PodView), Verbs = RbacVerb.Read)]
internal sealed class GpuNodePoolController(
    FleetState fleet,
    INodePatcher nodes,
    IStatusWriter status,
    EventPublisher events,
    TimeProvider time) : IEntityController<GpuNodePool>, IEntityFinalizer<GpuNodePool>
{
    // A refused patch means that the node has changed; its new state is on the way to the cache.
    private static readonly TimeSpan AfterConflict = TimeSpan.FromMilliseconds(200);

    /// <inheritdoc/>
    public async Task<ReconciliationResult<GpuNodePool>> ReconcileAsync(GpuNodePool entity, CancellationToken cancellationToken)
    {
        var members = fleet.MembersOf(entity);
        var marked = fleet.Marked(entity.Metadata.Name);
        var strangers = marked.Where(node => members.Nodes.All(member => member.Metadata.Name != node.Metadata.Name));
        var settled = true;
        foreach (var node in members.Nodes) settled &= await MarkAsync(node, entity, cancellationToken);
        foreach (var node in strangers) settled &= await MarkAsync(node, null, cancellationToken);

        var snapshot = new PoolSnapshot(
            entity,
            members,
            members.Nodes.ToDictionary(node => node.Metadata.Name, node => fleet.AllocatedOn(node.Metadata.Name)),
            fleet.WaitingFor(entity.Metadata.Name),
            time.GetUtcNow());
        var next = PoolStatus.Of(snapshot);
        await PublishAsync(entity, next, cancellationToken);
        await status.UpdateStatusAsync(entity, next, cancellationToken);
        return ReconciliationResult<GpuNodePool>.Success(entity, settled ? null : AfterConflict);
    }

    /// <inheritdoc/>
    public Task<ReconciliationResult<GpuNodePool>> DeletedAsync(GpuNodePool entity, CancellationToken cancellationToken) =>
        Task.FromResult(ReconciliationResult<GpuNodePool>.Success(entity));

    /// <inheritdoc/>
    public async Task<ReconciliationResult<GpuNodePool>> FinalizeAsync(GpuNodePool entity, CancellationToken cancellationToken)
    {
        var settled = true;
        foreach (var node in fleet.Marked(entity.Metadata.Name)) settled &= await MarkAsync(node, null, cancellationToken);
        return settled
            ? ReconciliationResult<GpuNodePool>.Success(entity)
            : ReconciliationResult<GpuNodePool>.Failure(entity, "A node changed while its marks were taken off.", requeueAfter: AfterConflict);
    }

    private async Task<bool> MarkAsync(NodeView node, GpuNodePool? pool, CancellationToken cancellationToken) =>
        NodeMarking.Patch(node, pool) is not { } patch || await nodes.PatchAsync(node.Metadata.Name, patch, cancellationToken);

    private async Task PublishAsync(GpuNodePool entity, GpuNodePoolStatus next, CancellationToken cancellationToken)
    {
        var former = (entity.Status?.Conditions ?? []).ToDictionary(condition => condition.Type);
        foreach (var condition in next.Conditions ?? [])
        {
            if (former.TryGetValue(condition.Type, out var old) && old.Status == condition.Status && old.Reason == condition.Reason) continue;
            if (condition.Status == "False" && condition.Type != ConditionTypes.AllFieldsInEffect)
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
