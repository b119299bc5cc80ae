using Nemotron.Controllers.Conditions;
using Nemotron.Controllers.Deployments.Gateways;
using Nemotron.Controllers.Engines;
using Nemotron.Controllers.Fleets;
using Nemotron.Controllers.Rollouts;
using Nemotron.Controllers.Scaling;
using Nemotron.Crds;

namespace Nemotron.Controllers.Deployments;

/// <summary>The conditions of a NemotronDeployment. Pure.</summary>
internal static class DeploymentConditions
{
    public static ConditionSet Of(DeploymentSnapshot snapshot, DeploymentDecision decision, Refusal? trouble, ReplicaCounts counts, RestartDecision restarts)
    {
        var entity = snapshot.Entity;
        var conditions = new ConditionSet(entity.Status?.Conditions, entity.Metadata.Generation ?? 0, snapshot.Now);
        Accepted(conditions, decision, trouble, AccessRules.Note(entity.Spec));
        NotInEffect.Set(conditions, DeploymentFieldsNotInEffect.Of(entity.Spec, decision.Decided, snapshot.Fleet is not null, snapshot.ScalingConfigured));
        FleetConditions.Set(conditions, snapshot, decision);
        Capacity(conditions, decision, counts);
        Progressing(conditions, snapshot, decision, counts);
        Ready(conditions, snapshot, decision, counts);
        EngineConditions.Set(conditions, snapshot.Engines, restarts, decision.Decided?.Launch, counts.Desired, ScalingStatus.OwnsMetrics(snapshot), snapshot.Now);
        ScalingStatus.Set(conditions, snapshot);
        PressureOf.Set(conditions, snapshot, decision.Decided);
        return conditions;
    }

    private static void Accepted(ConditionSet conditions, DeploymentDecision decision, Refusal? trouble, string? access)
    {
        if ((decision.Refused ?? trouble) is { } refusal)
            conditions.Set(ConditionTypes.Accepted, false, refusal.Reason, refusal.Message);
        else
            conditions.Set(ConditionTypes.Accepted, true, ConditionReasons.Valid, string.Join(' ', ["The spec can be carried out.", .. decision.Decided?.Launch.Notes ?? [], .. access is null ? [] : new[] { access }]));
    }

    private static void Capacity(ConditionSet conditions, DeploymentDecision decision, ReplicaCounts counts)
    {
        if (decision.Refused is not null)
            conditions.Set(ConditionTypes.CapacityAvailable, null, ConditionReasons.NotAccepted, "Not looked at: the spec is not accepted.");
        else if (decision.NoPlace is { } noPlace)
            conditions.Set(ConditionTypes.CapacityAvailable, false, noPlace.Reason, noPlace.Message);
        else if (counts.Unplaced > 0)
            conditions.Set(ConditionTypes.CapacityAvailable, false,
                decision.Decided!.Provisioner == ProvisionerType.Static ? ConditionReasons.InsufficientGpus : ConditionReasons.WaitingForNodes,
                $"{counts.Unplaced} of {counts.Desired} replicas have no place: each needs {Needs(decision.Decided!)}. "
                + (decision.Decided!.Provisioner == ProvisionerType.Static ? "" : $"The pool grows: its condition {ConditionTypes.Provisioned} says how that goes. Else: ")
                + $"Add nodes to the pool, lower replicas, or free GPUs. The scheduler says: {counts.SchedulerSays}");
        else
            conditions.Set(ConditionTypes.CapacityAvailable, true, ConditionReasons.Sufficient, $"Pool {decision.Decided!.Pool} has GPUs for {counts.Desired} replicas of {decision.Decided.GpusPerReplica}.");
    }

    private static string Needs(DecidedDeployment decided) => decided.InGroups
        ? $"{decided.Shape.GpusPerPod} free GPUs on each of {decided.Shape.Pods} nodes of pool {decided.Pool}{(decided.WithinNvLinkDomain ? " in one NVLink domain" : "")}"
        : $"{decided.GpusPerReplica} free GPUs on one node of pool {decided.Pool}";

    private static void Progressing(ConditionSet conditions, DeploymentSnapshot snapshot, DeploymentDecision decision, ReplicaCounts counts)
    {
        var live = snapshot.Workload(decision.Decided?.InGroups);
        if (decision.Decided is null && live is null)
            conditions.Set(ConditionTypes.Progressing, false, ConditionReasons.Pending, "Nothing was started.");
        else if (ErrorGate.Holding(snapshot.Live, snapshot.Gate, snapshot.Entity.Status) is { Holds: { } gate } held)
            conditions.Set(ConditionTypes.Progressing, gate != ConditionReasons.GateFailed, gate, held.Message);
        else if (decision.Decided is { } decided && live?.StuckAt(snapshot.Now, ProgressDeadline.Of(snapshot.Entity.Spec, decided.Launch)) is { } stuck)
            conditions.Set(ConditionTypes.Progressing, false, ConditionReasons.ProgressDeadlineExceeded, $"No progress within spec.rollout.progressDeadline: {counts.Trouble ?? counts.SchedulerSays ?? stuck}");
        else if (counts.Ready == counts.Desired && counts.Existing == counts.Desired && counts.Updated == counts.Desired)
            conditions.Set(ConditionTypes.Progressing, false, ConditionReasons.RolledOut, $"All {counts.Desired} replicas are of the newest template.");
        else if (counts.Updated < counts.Existing && counts.Existing >= counts.Desired && counts.Updated < counts.Desired)
            conditions.Set(ConditionTypes.Progressing, true, ConditionReasons.RollingOut, $"{counts.Updated} of {counts.Desired} replicas are of the newest template.");
        else
            conditions.Set(ConditionTypes.Progressing, true, counts.Existing > counts.Desired ? ConditionReasons.Scaling : ConditionReasons.Loading,
                $"{counts.Ready} of {counts.Desired} replicas serve, {counts.Existing} exist.");
    }

    private static void Ready(ConditionSet conditions, DeploymentSnapshot snapshot, DeploymentDecision decision, ReplicaCounts counts)
    {
        var served = $"{counts.Ready} of {counts.Desired} replicas serve";
        var sick = snapshot.Engines.Groups.Count(group => group is { Ready: true, Sick: not null });
        if (decision.Decided is null && counts.Ready == 0)
            conditions.Set(ConditionTypes.Ready, false, decision.Refused is null ? decision.NoPlace!.Reason : ConditionReasons.NotAccepted, (decision.Refused ?? decision.NoPlace)!.Message);
        else if (counts.Desired == 0 && decision.Decided is { Wanted: > 0 } none)
            conditions.Set(ConditionTypes.Ready, false, ConditionReasons.NotGranted, $"None of the {none.Wanted} replicas that are wanted is granted; see condition {ConditionTypes.FleetGranted}.");
        else if (counts.Desired == 0)
            conditions.Set(ConditionTypes.Ready, true, ConditionReasons.ScaledToZero, "No replica is wanted.");
        else if (counts.Ready >= counts.Desired)
            conditions.Set(ConditionTypes.Ready, true, ConditionReasons.Serving, $"{served}.");
        else if (sick > 0)
            conditions.Set(ConditionTypes.Ready, false, ConditionReasons.Degraded, $"{served}; the engine of {sick} is hung or dead, see condition {ConditionTypes.EngineHealthy}.");
        else if (counts.Trouble is { } trouble)
            conditions.Set(ConditionTypes.Ready, false, ConditionReasons.Degraded, $"{served}. {trouble}");
        else if (counts.Ready > 0)
            conditions.Set(ConditionTypes.Ready, false, ConditionReasons.PartiallyReady, $"{served}.");
        else if (counts.Unplaced > 0)
            conditions.Set(ConditionTypes.Ready, false, ConditionReasons.Scheduling, $"{served}; {counts.Unplaced} wait for GPUs.");
        else
            conditions.Set(ConditionTypes.Ready, false, ConditionReasons.Loading, $"{served}; {counts.Existing} load the model.");
    }
}
