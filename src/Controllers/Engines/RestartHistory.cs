using Nemotron.Crds;

namespace Nemotron.Controllers.Engines;

/// <summary>
/// Which replica was restarted how often. It stands in the status of the NemotronDeployment, so that the operator's successor goes on with the same pauses: neither
/// Events, which expire within the hour, nor the age of pods, which says nothing of why, can be reckoned back to a count.
/// </summary>
internal static class RestartHistory
{
    // The schema's bound. Past it the oldest are forgotten.
    private const int Most = 64;

    /// <summary>
    /// The history as it concerns the replicas of now. A group of a LeaderWorkerSet keeps its name. A pod of a Deployment does not: there the first pod that was made
    /// after a restarted one takes over its place, and its history with it.
    /// </summary>
    public static IReadOnlyList<EngineRestartStatus> Current(IReadOnlyList<EngineRestartStatus>? former, IReadOnlyList<EngineGroup> groups, DateTimeOffset now, HealingLimits limits)
    {
        if (former is not { Count: > 0 }) return [];
        var taken = former.Select(entry => entry.Replica).ToHashSet();
        var current = new List<EngineRestartStatus>();
        foreach (var entry in former.OrderBy(entry => entry.Time))
        {
            var group = groups.FirstOrDefault(candidate => candidate.Replica == entry.Replica);
            if (group is null && groups.Where(candidate => !taken.Contains(candidate.Replica) && candidate.Created >= TimeOf(entry)).MinBy(candidate => candidate.Created) is { } heir)
            {
                group = heir;
                taken.Add(heir.Replica);
            }

            if (group?.Sick is null && now - TimeOf(entry) >= limits.Cured) continue;
            current.Add(group is null ? entry : entry with { Replica = group.Replica });
        }

        return Ordered(current);
    }

    /// <summary>The history with one restart more.</summary>
    public static IReadOnlyList<EngineRestartStatus> With(IReadOnlyList<EngineRestartStatus> current, EngineRestartStatus entry) =>
        Ordered(current.Where(other => other.Replica != entry.Replica).Append(entry));

    /// <summary>The entry of a replica, or null.</summary>
    public static EngineRestartStatus? Of(IReadOnlyList<EngineRestartStatus> history, EngineGroup group) => history.FirstOrDefault(entry => entry.Replica == group.Replica);

    /// <summary>When a replica may be restarted again.</summary>
    public static DateTimeOffset NextAfter(EngineRestartStatus entry, HealingLimits limits) => TimeOf(entry) + limits.PauseAfter(entry.Count ?? 0);

    /// <summary>When the last restart was.</summary>
    public static DateTimeOffset TimeOf(EngineRestartStatus entry) => entry.Time is { } time ? new DateTimeOffset(time.ToUniversalTime(), TimeSpan.Zero) : DateTimeOffset.MinValue;

    private static IReadOnlyList<EngineRestartStatus> Ordered(IEnumerable<EngineRestartStatus> entries) =>
        [.. entries.OrderByDescending(entry => entry.Time).Take(Most).OrderBy(entry => entry.Replica, StringComparer.Ordinal)];
}
