using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.Fleets;

/// <summary>What an arbitration came to for one fleet.</summary>
/// <param name="Status">The numbers and rows of its status; without conditions.</param>
/// <param name="Overlapping">Deployments that other fleets select as well, in words; null for none.</param>
/// <param name="NoSuchPool">Pools of its budgets that do not exist, in words; null for none.</param>
internal sealed record FleetReport(NemotronFleetStatus Status, string? Overlapping = null, string? NoSuchPool = null)
{
    // The schema's bound on lists of deployments.
    private const int MostRows = 256;

    /// <summary>Whether the status would be the same.</summary>
    public bool SameAs(FleetReport other) =>
        Overlapping == other.Overlapping && NoSuchPool == other.NoSuchPool && ModelJson.Serialize(Status) == ModelJson.Serialize(other.Status);

    /// <summary>Counts.</summary>
    public static FleetReport Of(NemotronFleet fleet, ArbitratedFleet result, IReadOnlyList<FallbackStatus> fallbacks)
    {
        var pools = (fleet.Spec.Budgets ?? []).Select(budget => Pool(budget, result)).ToList();
        var overlapping = result.Members.Where(member => member.Others.Count > 0).ToList();
        var missing = (fleet.Spec.Budgets ?? []).Select(budget => budget.NodePool).Where(name => !result.PoolGpus.ContainsKey(name)).ToList();
        return new FleetReport(
            new NemotronFleetStatus
            {
                Deployments = result.Members.Count,
                Gpus = new FleetGpuCounts { Budget = pools.Sum(pool => pool.Budget), Allocated = pools.Sum(pool => pool.Allocated), Wanted = pools.Sum(pool => pool.Wanted) },
                Pools = pools,
                Short =
                [
                    .. result.Granted.Where(row => row.Grant.Granted < row.Grant.Wanted)
                        .OrderByDescending(row => row.Claim.Priority).ThenBy(row => row.Claim.Key, StringComparer.Ordinal).Take(MostRows)
                        .Select(row => new ShortDeployment
                        {
                            Namespace = row.Claim.Namespace,
                            Name = row.Member.Entity.Metadata.Name,
                            Wanted = row.Grant.Wanted,
                            Granted = row.Grant.Granted,
                            Reason = row.Grant.Reason,
                        }),
                ],
                Fallbacks = [.. fallbacks.Take(MostRows)],
            },
            overlapping.Count == 0 ? null : Listed(overlapping.Select(member => $"{NamespacedName.Of(member.Entity)} ({string.Join(", ", member.Others)})"), overlapping.Count),
            missing.Count == 0 ? null : Listed(missing, missing.Count));
    }

    private static FleetPoolStatus Pool(PoolBudget budget, ArbitratedFleet result)
    {
        var claims = result.Granted.Where(row => row.Claim.Pool == budget.NodePool).ToList();
        return new FleetPoolStatus
        {
            NodePool = budget.NodePool,
            Budget = budget.Gpus ?? result.PoolGpus.GetValueOrDefault(budget.NodePool),
            Allocated = claims.Sum(row => row.Grant.Granted * row.Claim.GroupGpus) + result.HeldAside.GetValueOrDefault(budget.NodePool),
            Wanted = claims.Sum(row => row.Grant.Wanted * row.Claim.GroupGpus) + result.HeldAside.GetValueOrDefault(budget.NodePool),
        };
    }

    private static string Listed(IEnumerable<string> names, int count) => count <= 5 ? string.Join(", ", names) : $"{string.Join(", ", names.Take(5))} and {count - 5} more";
}
