using Nemotron.Controllers.NodePools;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.Admission;

/// <summary>Warns of what the status of a GpuNodePool is going to say; all that the operator would refuse in one is in its schema.</summary>
[ValidationWebhook(typeof(GpuNodePool))]
internal sealed class GpuNodePoolValidator(FleetState fleet, IInformerCache<NemotronDeployment> deployments, TimeProvider time)
    : SpecValidator<GpuNodePool, GpuNodePoolSpec, GpuNodePoolStatus>
{
    /// <inheritdoc/>
    protected override Task<AdmissionVerdict> JudgeAsync(GpuNodePool entity, CancellationToken cancellationToken) => Task.FromResult(AdmissionVerdict.Warn(
        PoolStatus.Of(fleet.Snapshot(entity, time.GetUtcNow())).Conditions ?? [],
        ConditionTypes.Accepted, ConditionTypes.Healthy, ConditionTypes.Ready, ConditionTypes.AllFieldsInEffect));

    /// <inheritdoc/>
    public override ValidationResult Delete(GpuNodePool entity, bool dryRun) =>
        InUse.Warning(entity, deployments.List().Where(user => (user.Spec.NodePool ?? user.Status?.NodePool) == entity.Metadata.Name),
            "what runs goes on, but a replica that has to be placed anew finds no node of this pool") is { } warning ? Success(warning) : Success();
}
