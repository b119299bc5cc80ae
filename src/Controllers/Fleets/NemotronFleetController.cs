using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.Fleets;

/// <summary>Writes what the arbitration came to into the status of a NemotronFleet, when that has changed.</summary>
[EntityRbac(typeof(NemotronFleet), typeof(NamespaceView), Verbs = RbacVerb.Observe)]
[GenericRbac(Groups = [NemotronApi.Group], Resources = [NemotronFleet.Plural + "/status"], Verbs = RbacVerb.Patch)]
internal sealed class NemotronFleetController(FleetBoard board, IStatusWriter status, EventPublisher events, TimeProvider time) : IEntityController<NemotronFleet>
{
    /// <inheritdoc/>
    public async Task<ReconciliationResult<NemotronFleet>> ReconcileAsync(NemotronFleet entity, CancellationToken cancellationToken)
    {
        var next = FleetStatus.Of(entity, board.ReportOf(entity.Metadata.Name), time.GetUtcNow(), out var changed);
        await status.UpdateStatusAsync(entity, next, cancellationToken);
        foreach (var condition in changed.Where(condition => condition.Status == "False"))
            await events(entity, condition.Reason, condition.Message, EventType.Warning, cancellationToken);
        return ReconciliationResult<NemotronFleet>.Success(entity);
    }

    /// <inheritdoc/>
    public Task<ReconciliationResult<NemotronFleet>> DeletedAsync(NemotronFleet entity, CancellationToken cancellationToken) =>
        Task.FromResult(ReconciliationResult<NemotronFleet>.Success(entity));
}
