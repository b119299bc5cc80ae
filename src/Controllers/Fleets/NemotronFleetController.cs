using Nemotron.Controllers.Conditions;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.Fleets;

/// <summary>Answers for NemotronFleets: this version checks none of their rules and arbitrates nothing, and the status says so.</summary>
[EntityRbac(typeof(NemotronFleet), Verbs = RbacVerb.Read)]
[GenericRbac(Groups = [NemotronApi.Group], Resources = [NemotronFleet.Plural + "/status"], Verbs = RbacVerb.Patch)]
internal sealed class NemotronFleetController(IStatusWriter status, TimeProvider time) : IEntityController<NemotronFleet>
{
    /// <summary>What is said of every fleet.</summary>
    internal const string NoEffect = "This version of the operator does not arbitrate between deployments: budgets, floors, priorities, quotas and fallbacks of this fleet have no effect.";

    /// <inheritdoc/>
    public async Task<ReconciliationResult<NemotronFleet>> ReconcileAsync(NemotronFleet entity, CancellationToken cancellationToken)
    {
        var conditions = new ConditionSet(entity.Status?.Conditions, entity.Metadata.Generation ?? 0, time.GetUtcNow());
        NotInEffect.Set(conditions, ["spec"]);
        conditions.Set(ConditionTypes.Ready, false, ConditionReasons.NotImplemented, NoEffect);
        await status.UpdateStatusAsync(
            entity,
            new NemotronFleetStatus { ObservedGeneration = entity.Metadata.Generation, Conditions = conditions.ToList() },
            cancellationToken);
        return ReconciliationResult<NemotronFleet>.Success(entity);
    }

    /// <inheritdoc/>
    public Task<ReconciliationResult<NemotronFleet>> DeletedAsync(NemotronFleet entity, CancellationToken cancellationToken) =>
        Task.FromResult(ReconciliationResult<NemotronFleet>.Success(entity));
}
