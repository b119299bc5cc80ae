using Nemotron.Controllers.Models;
using Nemotron.Crds;
using Nemotron.Kube;
using Nemotron.Planning;

namespace Nemotron.Controllers.Admission;

/// <summary>Refuses a NemotronModel that does not add up, with the sentence that its status would have. What is wrong with the ConfigMap that it refers to can be put right there: a warning.</summary>
[ValidationWebhook(typeof(NemotronModel))]
internal sealed class NemotronModelValidator(ModelSource source, IInformerCache<NemotronDeployment> deployments)
    : SpecValidator<NemotronModel, NemotronModelSpec, NemotronModelStatus>
{
    /// <inheritdoc/>
    protected override async Task<AdmissionVerdict> JudgeAsync(NemotronModel entity, CancellationToken cancellationToken)
    {
        ModelEntry? read;
        try
        {
            read = await source.ReadAsync(entity, cancellationToken);
        }
        catch (Exception e) when (e is CatalogueException or ModelSourceException)
        {
            return new AdmissionVerdict(null, [e.Message]);
        }

        try
        {
            DeclaredModel.Entry(entity.Metadata.Name, entity.Spec, read);
            return AdmissionVerdict.Fine;
        }
        catch (CatalogueException e)
        {
            return AdmissionVerdict.Refuse(e.Message);
        }
    }

    /// <inheritdoc/>
    public override ValidationResult Delete(NemotronModel entity, bool dryRun) =>
        InUse.Warning(entity, ModelUsers.Of(entity, deployments.List()), "what runs goes on, but no change of theirs is carried out until spec.modelRef names a model that exists") is { } warning
            ? Success(warning) : Success();
}
