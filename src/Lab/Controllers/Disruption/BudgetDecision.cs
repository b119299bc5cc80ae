using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers.Workloads;

namespace Nemotron.Lab.Controllers.Disruption;

/// <summary>A pod under a disruption budget.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Ready">Whether it is ready.</param>
/// <param name="Deleting">Whether its deletion has been asked for.</param>
internal sealed record BudgetedPod(string Name, bool Ready, bool Deleting);

/// <summary>A budget's status.</summary>
/// <param name="ExpectedPods">Pods the budget counts on.</param>
/// <param name="DesiredHealthy">Pods that must stay healthy.</param>
/// <param name="CurrentHealthy">Pods that are.</param>
/// <param name="DisruptionsAllowed">Pods that may be evicted now.</param>
/// <param name="DisruptedPods">Evictions granted and not yet seen through: pod name to time.</param>
/// <param name="LookAgain">When a granted eviction that never happened is forgotten, or null.</param>
internal sealed record BudgetStatus(
    int ExpectedPods, int DesiredHealthy, int CurrentHealthy, int DisruptionsAllowed, IReadOnlyDictionary<string, DateTimeOffset> DisruptedPods, DateTimeOffset? LookAgain);

/// <summary>Computes a PodDisruptionBudget's status as the real disruption controller does.</summary>
internal static class BudgetDecision
{
    // A granted eviction whose pod is still not being deleted after this long is taken not to happen.
    private static readonly TimeSpan GrantTimeout = TimeSpan.FromMinutes(2);

    /// <summary>The next status.</summary>
    /// <param name="minAvailable">The field, or null.</param>
    /// <param name="maxUnavailable">The field, or null.</param>
    /// <param name="pods">The selected pods.</param>
    /// <param name="scale">The wanted replicas of the controllers of those pods: what percentages and <c>maxUnavailable</c> are taken of.</param>
    /// <param name="granted">Evictions granted so far.</param>
    /// <param name="now">The time now.</param>
    public static BudgetStatus Decide(
        JsonNode? minAvailable, JsonNode? maxUnavailable, IReadOnlyList<BudgetedPod> pods, int scale, IReadOnlyDictionary<string, DateTimeOffset> granted, DateTimeOffset now)
    {
        int expected;
        int desired;
        if (maxUnavailable is not null)
        {
            expected = scale;
            desired = Math.Max(0, expected - IntOrPercent.Resolve(maxUnavailable, expected, roundUp: true, "0"));
        }
        else if (IntOrPercent.IsPercent(minAvailable))
        {
            expected = scale;
            desired = IntOrPercent.Resolve(minAvailable, expected, roundUp: true, "0");
        }
        else
        {
            expected = pods.Count;
            desired = IntOrPercent.Resolve(minAvailable, expected, roundUp: true, minAvailable is null ? "0" : "1");
        }

        var open = new SortedDictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        DateTimeOffset? again = null;
        foreach (var pod in pods)
        {
            if (pod.Deleting || !granted.TryGetValue(pod.Name, out var at) || at + GrantTimeout <= now) continue;
            open[pod.Name] = at;
            again = again is null || at + GrantTimeout < again ? at + GrantTimeout : again;
        }

        var healthy = pods.Count(pod => pod is { Ready: true, Deleting: false } && !open.ContainsKey(pod.Name));
        // Nothing expected, nothing to protect, and nothing allowed either.
        var allowed = expected <= 0 ? 0 : Math.Max(0, healthy - desired);
        return new(expected, desired, healthy, allowed, open, again);
    }
}
