using k8s.Models;
using Nemotron.Controllers.Conditions;
using Nemotron.Crds;

namespace Nemotron.Controllers.Fleets;

/// <summary>The status of a NemotronFleet. Pure.</summary>
internal static class FleetStatus
{
    /// <summary>From what is known of it.</summary>
    /// <param name="fleet">The fleet.</param>
    /// <param name="report">The last arbitration; null where there was none since this process leads.</param>
    /// <param name="now">The time.</param>
    /// <param name="changed">The conditions whose answer or reason is new.</param>
    public static NemotronFleetStatus Of(NemotronFleet fleet, FleetReport? report, DateTimeOffset now, out IReadOnlyList<V1Condition> changed)
    {
        var former = fleet.Status;
        var conditions = new ConditionSet(former?.Conditions, fleet.Metadata.Generation ?? 0, now);
        if (FleetRules.Refusal(fleet) is { } refusal)
        {
            conditions.Set(ConditionTypes.Accepted, false, refusal.Reason, $"{refusal.Message} Until then this fleet selects nobody.");
            conditions.Set(ConditionTypes.Ready, false, ConditionReasons.NotAccepted, refusal.Message);
            changed = [.. conditions.Changed];
            return new NemotronFleetStatus { ObservedGeneration = fleet.Metadata.Generation, Conditions = conditions.ToList() };
        }

        conditions.Set(ConditionTypes.Accepted, true, ConditionReasons.Valid, "The spec can be carried out.");
        NotInEffect.Set(conditions, []);
        if (report is null)
        {
            foreach (var type in new[] { ConditionTypes.MembersOwned, ConditionTypes.CapacityAvailable, ConditionTypes.Ready }) conditions.Keep(type);
            if (former?.Conditions?.Any(condition => condition.Type == ConditionTypes.Ready) != true)
                conditions.Set(ConditionTypes.Ready, null, ConditionReasons.Pending, "Not arbitrated yet; every deployment holds what it has.");
            changed = [.. conditions.Changed];
            return (former ?? new NemotronFleetStatus()) with { ObservedGeneration = fleet.Metadata.Generation, Conditions = conditions.ToList() };
        }

        if (report.Overlapping is { } overlapping)
            conditions.Set(ConditionTypes.MembersOwned, false, ConditionReasons.OverlappingFleets, $"Other fleets select some of its deployments, which belong to the oldest: {overlapping}. Narrow spec.selector of one of the fleets.");
        else
            conditions.Set(ConditionTypes.MembersOwned, true, ConditionReasons.NoOverlap, "No other fleet has a claim to its deployments.");
        Capacity(conditions, report);
        conditions.Set(ConditionTypes.Ready, true, ConditionReasons.Arbitrated, $"{report.Status.Deployments} deployments share the GPUs of the fleet by its rules.");
        changed = [.. conditions.Changed];
        return report.Status with { ObservedGeneration = fleet.Metadata.Generation, Conditions = conditions.ToList() };
    }

    private static void Capacity(ConditionSet conditions, FleetReport report)
    {
        var missing = report.Status.Short ?? [];
        if (missing.Count > 0)
        {
            var first = missing[0];
            conditions.Set(ConditionTypes.CapacityAvailable, false, first.Reason ?? ConditionReasons.InsufficientGpus,
                $"{missing.Count} deployments have fewer replicas than they want; of the highest priority is {first.Namespace}/{first.Name} with {first.Granted} of {first.Wanted} ({first.Reason}). See status.short.");
        }
        else if (report.NoSuchPool is { } pools)
        {
            conditions.Set(ConditionTypes.CapacityAvailable, false, ConditionReasons.NodePoolNotFound, $"spec.budgets names GpuNodePools that do not exist: {pools}. Create them, or correct the names.");
        }
        else
        {
            conditions.Set(ConditionTypes.CapacityAvailable, true, ConditionReasons.Sufficient, "All deployments may have the replicas they want.");
        }
    }
}
