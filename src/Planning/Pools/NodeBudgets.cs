using System.Globalization;
using Cronos;

namespace Nemotron.Planning.Pools;

/// <summary>A bound on the nodes that may be out of service at once.</summary>
/// <param name="Nodes">A count, or a percentage of the pool's nodes such as <c>10%</c>.</param>
/// <param name="Schedule">When it begins to hold, as five cron fields in UTC; null holds always.</param>
/// <param name="Duration">How long it holds from then.</param>
public sealed record NodeBudget(string Nodes, string? Schedule = null, TimeSpan Duration = default);

/// <summary>What several bounds come to.</summary>
public static class NodeBudgets
{
    /// <summary>Nodes that may be out of service at once: the least of the budgets that hold now; <see cref="int.MaxValue"/> where none does. Percentages are rounded up, as Karpenter rounds them.</summary>
    /// <param name="budgets">The budgets that apply.</param>
    /// <param name="nodes">Nodes of the pool.</param>
    /// <param name="now">The time.</param>
    /// <exception cref="FormatException">A schedule or a count cannot be read.</exception>
    public static int Allowed(IEnumerable<NodeBudget> budgets, int nodes, DateTimeOffset now) =>
        budgets.Where(budget => Holds(budget, now)).Select(budget => Count(budget.Nodes, nodes)).DefaultIfEmpty(int.MaxValue).Min();

    /// <summary>Why a schedule cannot be read; null when it can.</summary>
    public static string? Fault(string schedule)
    {
        try
        {
            CronExpression.Parse(schedule);
            return null;
        }
        catch (CronFormatException e)
        {
            return e.Message;
        }
    }

    private static bool Holds(NodeBudget budget, DateTimeOffset now) =>
        budget.Schedule is not { } schedule || CronExpression.Parse(schedule).GetNextOccurrence((now - budget.Duration).UtcDateTime, inclusive: false) is { } begun && begun <= now.UtcDateTime;

    private static int Count(string text, int nodes) => text.EndsWith('%')
        ? (int)Math.Ceiling(nodes * int.Parse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture) / 100.0)
        : int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
