using Nemotron.Crds;
using Nemotron.Planning.Pools;

namespace Nemotron.Controllers.NodePools;

/// <summary>spec.budgets in the planner's terms.</summary>
internal static class PoolBudgets
{
    /// <summary>Nodes that may be out of service at once for a reason.</summary>
    /// <param name="spec">The pool's spec.</param>
    /// <param name="reason">The reason; null asks for the budgets that are about every reason.</param>
    /// <param name="nodes">Nodes of the pool.</param>
    /// <param name="now">The time.</param>
    public static int Allowed(GpuNodePoolSpec spec, DisruptionReason? reason, int nodes, DateTimeOffset now)
    {
        if (spec.Budgets is not { } budgets) return 1;
        return NodeBudgets.Allowed(
            budgets.Where(budget => budget.Reasons is not { Count: > 0 } reasons || (reason is { } wanted && reasons.Contains(wanted)))
                .Select(budget => new NodeBudget(budget.Nodes.Value, budget.Schedule, budget.Duration?.Value ?? TimeSpan.Zero)),
            nodes, now);
    }

    /// <summary>The first schedule that cannot be read, with its path and why; null when all can.</summary>
    public static string? Fault(GpuNodePoolSpec spec) =>
        (spec.Budgets ?? []).Select((budget, index) => budget.Schedule is { } schedule && NodeBudgets.Fault(schedule) is { } why ? $"spec.budgets[{index}].schedule: \"{schedule}\" is no cron expression of five fields: {why}" : null)
            .FirstOrDefault(fault => fault is not null);
}
