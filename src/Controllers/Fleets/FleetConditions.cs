using Nemotron.Controllers.Conditions;
using Nemotron.Controllers.Deployments;
using Nemotron.Crds;

namespace Nemotron.Controllers.Fleets;

/// <summary>What the status of a NemotronDeployment says of its fleet. Pure.</summary>
internal static class FleetConditions
{
    /// <summary>Sets the condition; none where there is no fleet.</summary>
    public static void Set(ConditionSet conditions, DeploymentSnapshot snapshot, DeploymentDecision decision)
    {
        Fallback(conditions, snapshot);
        if (snapshot.Fleet is not { } share) return;
        if (decision.Decided is not { } decided)
            conditions.Set(ConditionTypes.FleetGranted, null, ConditionReasons.NotAccepted, $"NemotronFleet {share.Fleet} grants nothing to what cannot be started; replicas that exist keep their GPUs.");
        else if (share.Grant is { } grant)
            conditions.Set(ConditionTypes.FleetGranted, grant.Granted >= grant.Wanted, grant.Reason, grant.Message);
        // What a former leader said holds until there is something new.
        else if (snapshot.Entity.Status?.Conditions?.Any(condition => condition.Type == ConditionTypes.FleetGranted) == true)
            conditions.Keep(ConditionTypes.FleetGranted);
        else
            conditions.Set(ConditionTypes.FleetGranted, null, ConditionReasons.Pending, $"Held at {decided.Replicas} of {decided.Wanted} replicas until NemotronFleet {share.Fleet} has been arbitrated.");
    }

    private static void Fallback(ConditionSet conditions, DeploymentSnapshot snapshot)
    {
        var name = snapshot.Entity.Metadata.Name;
        if (snapshot.Fleet?.ServedBy is { } other)
            conditions.Set(ConditionTypes.OwnTierServes, false, ConditionReasons.FallbackServes,
                $"No replica was ready for too long: requests to Service {name} are answered by the replicas of NemotronDeployment {other} (tierFallback of NemotronFleet {snapshot.Fleet.Fleet}), whose model the answers name.");
        // Only who has been served by another has something to say.
        else if (snapshot.Entity.Status?.Conditions?.Any(condition => condition.Type == ConditionTypes.OwnTierServes) == true)
            conditions.Set(ConditionTypes.OwnTierServes, true, ConditionReasons.Serving, $"Requests to Service {name} are answered by its own replicas.");
    }
}
