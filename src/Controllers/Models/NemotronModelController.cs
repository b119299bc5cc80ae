using System.Net;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Nemotron.Controllers.Conditions;
using Nemotron.Crds;
using Nemotron.Kube;
using Planner = Nemotron.Planning;

namespace Nemotron.Controllers.Models;

/// <summary>Adds NemotronModels to the catalogue and shows their computed sizes.</summary>
[EntityRbac(typeof(NemotronModel), Verbs = RbacVerb.Read)]
[GenericRbac(Groups = [NemotronApi.Group], Resources = [NemotronModel.Plural + "/status"], Verbs = RbacVerb.Patch)]
[EntityRbac(typeof(V1ConfigMap), Verbs = RbacVerb.Get)]
internal sealed class NemotronModelController(ModelLibrary library, IKubernetes client, IStatusWriter status, TimeProvider time) : IEntityController<NemotronModel>
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
            var entry = await EntryAsync(entity, cancellationToken);
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

    private async Task<Planner.ModelEntry> EntryAsync(NemotronModel entity, CancellationToken cancellationToken)
    {
        var (name, spec) = (entity.Metadata.Name, entity.Spec);
        var read = spec.HfConfigMapRef is { } reference
            ? Planner.HuggingFaceConfig.ReadModel($"{reference.Namespace}/{reference.Name}[{reference.Key ?? DefaultKey}]", await ReadAsync(reference, cancellationToken), name)
            : null;
        return DeclaredModel.Entry(name, spec, read);
    }

    private const string DefaultKey = "config.json";

    private async Task<string> ReadAsync(ConfigMapKeyReference reference, CancellationToken cancellationToken)
    {
        try
        {
            var map = await client.CoreV1.ReadNamespacedConfigMapAsync(reference.Name, reference.Namespace, cancellationToken: cancellationToken);
            return map.Data?.TryGetValue(reference.Key ?? DefaultKey, out var text) == true
                ? text
                : throw new ModelSourceException($"spec.hfConfigMapRef.key: ConfigMap {reference.Namespace}/{reference.Name} has no key {reference.Key ?? DefaultKey}. Create it with: kubectl -n {reference.Namespace} create configmap {reference.Name} --from-file=config.json");
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.NotFound)
        {
            throw new ModelSourceException($"spec.hfConfigMapRef: there is no ConfigMap {reference.Namespace}/{reference.Name}. Create it with: kubectl -n {reference.Namespace} create configmap {reference.Name} --from-file=config.json");
        }
    }
}

/// <summary>What a NemotronModel refers to cannot be read.</summary>
/// <param name="message">What is missing, and how to supply it.</param>
internal sealed class ModelSourceException(string message) : Exception(message);
