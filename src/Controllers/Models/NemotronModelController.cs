using Nemotron.Controllers.Conditions;
using Nemotron.Crds;
using Nemotron.Kube;
using Planner = Nemotron.Planning;

namespace Nemotron.Controllers.Models;

/// <summary>Adds NemotronModels to the catalogue and shows their computed sizes.</summary>
[EntityRbac(typeof(NemotronModel), Verbs = RbacVerb.Read)]
[GenericRbac(Groups = [NemotronApi.Group], Resources = [NemotronModel.Plural + "/status"], Verbs = RbacVerb.Patch)]
internal sealed class NemotronModelController(ModelLibrary library, ModelSource source, IStatusWriter status, TimeProvider time) : IEntityController<NemotronModel>
{
    // ConfigMaps of others are not cached: this often one is read again, in case it changed.
    private static readonly TimeSpan RereadAfter = TimeSpan.FromMinutes(5);

    /// <inheritdoc/>
    public async Task<ReconciliationResult<NemotronModel>> ReconcileAsync(NemotronModel entity, CancellationToken cancellationToken)
    {
        var name = entity.Metadata.Name;
        var conditions = new ConditionSet(entity.Status?.Conditions, entity.Metadata.Generation ?? 0, time.GetUtcNow());
        NemotronModelStatus next;
        try
        {
            var entry = DeclaredModel.Entry(name, entity.Spec, await source.ReadAsync(entity, cancellationToken));
            library.Set(name, entry);
            next = ModelStatus.Of(entry);
            conditions.Set(ConditionTypes.Accepted, true, ConditionReasons.Valid, "The architecture adds up.");
            conditions.Set(ConditionTypes.Ready, true, ConditionReasons.Computed, $"modelRef: {{name: {name}}} finds it.");
        }
        catch (Exception e) when (e is Planner.CatalogueException or ModelSourceException)
        {
            library.Set(name, null);
            next = new NemotronModelStatus();
            var reason = e is ModelSourceException ? ConditionReasons.ConfigUnreadable : ConditionReasons.ModelInvalid;
            conditions.Set(ConditionTypes.Accepted, false, reason, e.Message);
            conditions.Set(ConditionTypes.Ready, false, reason, e.Message);
        }

        await status.UpdateStatusAsync(entity, next with { ObservedGeneration = entity.Metadata.Generation, Conditions = conditions.ToList() }, cancellationToken);
        return ReconciliationResult<NemotronModel>.Success(entity, entity.Spec.HfConfigMapRef is null ? null : RereadAfter);
    }

    /// <inheritdoc/>
    public Task<ReconciliationResult<NemotronModel>> DeletedAsync(NemotronModel entity, CancellationToken cancellationToken)
    {
        library.Set(entity.Metadata.Name, null);
        return Task.FromResult(ReconciliationResult<NemotronModel>.Success(entity));
    }
}
