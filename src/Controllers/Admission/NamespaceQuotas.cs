using Nemotron.Controllers.Deployments;
using Nemotron.Controllers.Fleets;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.Admission;

/// <summary>
/// Refuses what is certain to go beyond a namespace's quota: the replicas that deployments ask for in any case. What autoscalers ask for beyond that is for the arbiter,
/// and so is a scale through <c>/scale</c>, which no webhook sees.
/// </summary>
internal sealed class NamespaceQuotas(FleetMembership membership, IInformerCache<NemotronDeployment> deployments, DeploymentSnapshots snapshots)
{
    /// <summary>Why a change may not be, with the numbers; null where it may. Who asks for no more than before is never refused.</summary>
    /// <param name="old">The deployment as it is; null for a new one.</param>
    /// <param name="entity">The deployment as it is to be.</param>
    public string? Refusal(NemotronDeployment? old, NemotronDeployment entity)
    {
        if (membership.Of(entity) is not { } fleet) return null;
        var ns = entity.Metadata.NamespaceProperty;
        if (fleet.Spec.NamespaceQuotas?.FirstOrDefault(quota => quota.Namespace == ns) is not { } quota) return null;
        var asked = Sure(fleet, entity);
        // None, or what cannot be started: no quota is in its way, however much others have.
        if (asked.Gpus == 0) return null;
        if (old is not null && membership.Of(old)?.Metadata.Name == fleet.Metadata.Name && asked.Gpus <= Sure(fleet, old).Gpus) return null;
        var others = deployments.List(ns)
            .Where(other => other.Metadata.Name != entity.Metadata.Name && other.Metadata.DeletionTimestamp is null && membership.Of(other)?.Metadata.Name == fleet.Metadata.Name)
            .Sum(other => Sure(fleet, other).Gpus);
        if (asked.Gpus + others <= quota.Gpus) return null;
        var left = Math.Max(0, quota.Gpus - others);
        return $"{(entity.Spec.Autoscaling is null ? "spec.replicas" : "spec.autoscaling.minReplicas")}: {asked.Replicas} replicas of {asked.PerReplica} GPUs are {asked.Gpus}, but namespace {ns} may have {quota.Gpus} GPUs "
            + $"of NemotronFleet {fleet.Metadata.Name}, and its other NemotronDeployments ask for {others} of them. {left / asked.PerReplica} replicas would fit; or raise spec.namespaceQuotas of the fleet.";
    }

    private (int Replicas, int PerReplica, int Gpus) Sure(NemotronFleet fleet, NemotronDeployment entity)
    {
        var replicas = entity.Spec.Autoscaling is { } autoscaling ? autoscaling.MinReplicas ?? 1 : entity.Spec.Replicas ?? 1;
        if (FleetRules.For(fleet, entity)?.CeilingReplicas is { } ceiling) replicas = Math.Min(replicas, ceiling);
        // What cannot be started asks for nothing.
        var each = DeploymentDecision.Decide(snapshots.Of(entity)).Decided?.GpusPerReplica ?? 0;
        return (replicas, each, replicas * each);
    }
}
