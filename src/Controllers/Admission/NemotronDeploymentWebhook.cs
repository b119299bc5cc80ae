using Nemotron.Controllers.Deployments;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.Admission;

/// <summary>Judges NemotronDeployments before they are stored.</summary>
[ValidationWebhook(typeof(NemotronDeployment))]
internal sealed class NemotronDeploymentWebhook(FleetState fleet, IInformerCache<LeaderWorkerSet> groups, TimeProvider time) : ValidationWebhook<NemotronDeployment>
{
    // The API server makes the name up after admission, with five characters of its own.
    private const string MadeUp = "xxxxx";

    /// <inheritdoc/>
    public override ValidationResult Create(NemotronDeployment entity, bool dryRun) => Judge(entity);

    /// <inheritdoc/>
    /// <remarks>A change that leaves the spec as it is (labels, finalizers) is nobody's business here, and one on the way out must not be held up.</remarks>
    public override ValidationResult Update(NemotronDeployment oldEntity, NemotronDeployment newEntity, bool dryRun) =>
        newEntity.Metadata.DeletionTimestamp is not null || ModelJson.Serialize(oldEntity.Spec) == ModelJson.Serialize(newEntity.Spec) ? Success() : Judge(newEntity);

    private ValidationResult Judge(NemotronDeployment entity)
    {
        entity.Metadata.Name ??= entity.Metadata.GenerateName + MadeUp;
        return DeploymentAdmission.Judge(new DeploymentSnapshot
        {
            Entity = entity,
            Models = fleet.Models,
            Gpus = fleet.Gpus,
            Pools = fleet.Pools(),
            GroupsServed = groups.Served,
            Pods = [],
            Now = time.GetUtcNow(),
        });
    }
}
