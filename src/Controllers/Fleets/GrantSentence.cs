using Nemotron.Crds;
using Nemotron.Planning.Fleet;

namespace Nemotron.Controllers.Fleets;

/// <summary>Says in a sentence what was granted, why not more, and who has the rest. Pure.</summary>
internal static class GrantSentence
{
    private const int MostHolders = 3;

    /// <summary>The grant in words.</summary>
    public static FleetGrant Of(NemotronFleet fleet, FleetMemberState member, Grant grant, FleetPlan plan)
    {
        var (claim, name) = (grant.Claim, fleet.Metadata.Name);
        var (reason, why) = Why(fleet, member, grant, plan);
        return new FleetGrant
        {
            Fleet = name,
            Wanted = claim.Wanted,
            Granted = grant.Granted,
            Reason = reason,
            Message = grant.Granted >= claim.Wanted
                ? $"NemotronFleet {name} grants all {claim.Wanted} replicas that are wanted, of {claim.GroupGpus} GPUs each in pool {claim.Pool}."
                : $"NemotronFleet {name} grants {grant.Granted} of {claim.Wanted} replicas of {claim.GroupGpus} GPUs in pool {claim.Pool}: {why}",
            Release = [.. grant.Released.Select(held => held.Id)],
        };
    }

    private static (string Reason, string Sentence) Why(NemotronFleet fleet, FleetMemberState member, Grant grant, FleetPlan plan)
    {
        var claim = grant.Claim;
        if (grant.Granted >= claim.Wanted) return (ConditionReasons.Granted, "");
        return grant.Short switch
        {
            null => (ConditionReasons.AtCeiling, $"the fleet's rules \"{member.Rules?.Name}\" allow no more (ceilingReplicas)."),
            Shortage.BudgetSpent when fleet.Spec.Budgets?.Any(budget => budget.NodePool == claim.Pool) != true =>
                (ConditionReasons.BudgetSpent, "the fleet has no budget in that pool. Add it to spec.budgets of the fleet, or choose another pool."),
            Shortage.BudgetSpent => (ConditionReasons.BudgetSpent,
                $"the fleet's {fleet.Spec.Budgets!.First(budget => budget.NodePool == claim.Pool).Gpus} GPUs there are given out. {Holders(claim, plan, other => other.Pool == claim.Pool)}"),
            Shortage.QuotaSpent => (ConditionReasons.QuotaSpent,
                $"namespace {claim.Namespace} may have {fleet.Spec.NamespaceQuotas!.First(quota => quota.Namespace == claim.Namespace).Gpus} GPUs. {Holders(claim, plan, other => other.Namespace == claim.Namespace)}"),
            Shortage.Fragmented => (ConditionReasons.Fragmented, $"enough GPUs are free, but not {Together(claim)}. {Holders(claim, plan, other => other.Pool == claim.Pool)}"),
            Shortage.NoSuchNode => (ConditionReasons.NoSuchNode, $"the pool can never give {Together(claim)}. Add larger nodes, or choose another pool."),
            _ when !plan.Grants.Any(other => other.Claim.Key != claim.Key && other.Granted > 0 && other.Claim.Pool == claim.Pool) =>
                (ConditionReasons.InsufficientGpus, "the pool has no more free GPUs for the fleet: pods outside it hold them, or nodes take no pods. Add nodes, or see the status of the GpuNodePool."),
            _ => (ConditionReasons.LowerPriority, $"others come first. {Holders(claim, plan, other => other.Pool == claim.Pool)}"),
        };
    }

    private static string Together(FleetClaim claim) => claim.NodesPerGroup == 1
        ? $"{claim.GpusPerNode} together on one node"
        : $"{claim.GpusPerNode} on each of {claim.NodesPerGroup} nodes that belong together";

    private static string Holders(FleetClaim claim, FleetPlan plan, Func<FleetClaim, bool> counts)
    {
        var holders = plan.Grants.Where(grant => grant.Claim.Key != claim.Key && grant.Granted > 0 && counts(grant.Claim))
            .Select(grant => (grant.Claim, Gpus: grant.Granted * grant.Claim.GroupGpus))
            .OrderByDescending(holder => holder.Claim.Priority).ThenByDescending(holder => holder.Gpus).ThenBy(holder => holder.Claim.Key, StringComparer.Ordinal)
            .ToList();
        if (holders.Count == 0) return "No other deployment of the fleet has any.";
        var named = string.Join(", ", holders.Take(MostHolders).Select(holder => $"{holder.Claim.Key} {holder.Gpus} (priority {holder.Claim.Priority})"));
        return holders.Count <= MostHolders ? $"GPUs held: {named}." : $"GPUs held: {named}, and {holders.Count - MostHolders} more deployments {holders.Skip(MostHolders).Sum(holder => holder.Gpus)}.";
    }
}
