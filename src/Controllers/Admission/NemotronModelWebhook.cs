using Nemotron.Controllers.Models;
using Nemotron.Crds;
using Nemotron.Kube;
using Nemotron.Planning;

namespace Nemotron.Controllers.Admission;

/// <summary>Judges NemotronModels before they are stored: the catalogue's own reader reads them.</summary>
[ValidationWebhook(typeof(NemotronModel))]
internal sealed class NemotronModelWebhook(IInformerCache<NemotronDeployment> deployments) : ValidationWebhook<NemotronModel>
{
    private const int MostNamed = 5;

    /// <inheritdoc/>
    public override ValidationResult Create(NemotronModel entity, bool dryRun) => Judge(entity);

    /// <inheritdoc/>
    public override ValidationResult Update(NemotronModel oldEntity, NemotronModel newEntity, bool dryRun) =>
        newEntity.Metadata.DeletionTimestamp is not null || ModelJson.Serialize(oldEntity.Spec) == ModelJson.Serialize(newEntity.Spec) ? Success() : Judge(newEntity);

    /// <inheritdoc/>
    /// <remarks>Deployments that run go on; they are named, since they could not be started again.</remarks>
    public override ValidationResult Delete(NemotronModel entity, bool dryRun)
    {
        var users = deployments.List()
            .Where(user => string.Equals(user.Spec.ModelRef?.Name, entity.Metadata.Name, StringComparison.OrdinalIgnoreCase))
            .Select(user => $"{user.Metadata.NamespaceProperty}/{user.Metadata.Name}").Order(StringComparer.Ordinal).ToList();
        if (users.Count == 0) return Success();
        var others = users.Count > MostNamed ? $" and {users.Count - MostNamed} more" : "";
        return Success($"NemotronModel {entity.Metadata.Name} is used by {string.Join(", ", users.Take(MostNamed))}{others}: they run on as they are, and cannot be changed without it.");
    }

    private static ValidationResult Judge(NemotronModel entity)
    {
        // What a ConfigMap holds may come later; the reconciler reads it, and says so.
        if (entity.Spec.HfConfigMapRef is not null) return Success();
        try
        {
            DeclaredModel.Entry(entity.Metadata.Name ?? entity.Metadata.GenerateName, entity.Spec, read: null);
            return Success();
        }
        catch (CatalogueException e)
        {
            return Fail(e.Message);
        }
    }
}
