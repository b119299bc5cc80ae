using Nemotron.Controllers.Deployments;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.Admission;

/// <summary>Refuses a NemotronDeployment that can never be carried out; warns of what stands in its way now.</summary>
[ValidationWebhook(typeof(NemotronDeployment))]
internal sealed class NemotronDeploymentValidator(DeploymentSnapshots snapshots, FleetState fleet, KnownModels models, FreshObjects fresh, NamespaceQuotas? quotas = null)
    : SpecValidator<NemotronDeployment, NemotronDeploymentSpec, NemotronDeploymentStatus>
{
    /// <inheritdoc/>
    protected override async Task<AdmissionVerdict> JudgeAsync(NemotronDeployment entity, CancellationToken cancellationToken)
    {
        var snapshot = snapshots.Of(entity);
        var known = await models.ForAsync(entity.Spec, cancellationToken);
        return DeploymentAdmission.Judge(
            snapshot with { Models = known.Catalogue, Pools = await PoolsAsync(snapshot, cancellationToken) },
            modelMayBeMended: entity.Spec.ModelRef is { } reference && known.Unusable.Contains(reference.Name));
    }

    /// <inheritdoc/>
    protected override string? Growth(NemotronDeployment? old, NemotronDeployment entity) => quotas?.Refusal(old, entity);

    private async Task<IReadOnlyList<PoolState>> PoolsAsync(DeploymentSnapshot snapshot, CancellationToken cancellationToken)
    {
        if (snapshot.Entity.Spec.NodePool is { } named)
        {
            if (snapshot.Pools.Any(state => state.Pool.Metadata.Name == named)) return snapshot.Pools;
            return await fresh.PoolAsync(named, cancellationToken) is { } pool ? fleet.Pools(pool) : snapshot.Pools;
        }

        return snapshot.Pools.Count > 0 ? snapshot.Pools : fleet.Pools(await fresh.PoolsAsync(cancellationToken));
    }
}
