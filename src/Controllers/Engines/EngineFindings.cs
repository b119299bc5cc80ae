using Nemotron.Controllers.Views;

namespace Nemotron.Controllers.Engines;

/// <summary>What the engines of the whole fleet look like at one moment.</summary>
/// <param name="Known">Engines of which it is known whether they are well.</param>
/// <param name="Sick">Those that are not.</param>
/// <param name="RecentRestarts">Restarts within the last minute.</param>
internal readonly record struct FleetSigns(int Known, int Sick, int RecentRestarts)
{
    /// <summary>Whether so much looks sick at once that the signal is to be doubted before the engines are.</summary>
    public bool Doubted(HealingLimits limits) => Sick >= limits.DoubtFrom && Sick * 2 > Known;
}

/// <summary>What is known of the engines of one NemotronDeployment.</summary>
/// <param name="Groups">Its replicas, by name.</param>
/// <param name="Fleet">The engines of all.</param>
internal sealed record EngineFindings(IReadOnlyList<EngineGroup> Groups, FleetSigns Fleet)
{
    /// <summary>Nothing is known.</summary>
    public static readonly EngineFindings None = new([], default);

    /// <summary>Gathers them.</summary>
    /// <param name="pods">The pods of the NemotronDeployment.</param>
    /// <param name="reports">What was heard.</param>
    /// <param name="now">The time.</param>
    /// <param name="limits">What counts as evidence.</param>
    public static EngineFindings Of(IReadOnlyList<PodView> pods, IEngineReports reports, DateTimeOffset now, HealingLimits limits) => new(
        // One that hangs on a lost node for ever is none that others wait for.
        [.. pods.Where(pod => !pod.Ended && !pod.Overdue(now)).GroupBy(pod => pod.Replica).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => Group(group.Key, [.. group], reports, now, limits))],
        reports.Signs);

    /// <summary>Whether a pod's engine is known to be hung or dead.</summary>
    public bool IsSick(PodView pod) => Groups.Any(group => group.Sick is not null && group.Leader?.Metadata.Name == pod.Metadata.Name);

    private static EngineGroup Group(string replica, IReadOnlyList<PodView> pods, IEngineReports reports, DateTimeOffset now, HealingLimits limits)
    {
        var leader = pods.FirstOrDefault(pod => !pod.IsWorker);
        var report = leader is { Metadata.DeletionTimestamp: null } ? reports.Find(leader) : null;
        var sick = report is null ? null : EngineSickness.Of(report, now, limits);
        return new EngineGroup(replica, leader, pods, report, sick, sick is null ? null : reports.FoundAt(leader!) ?? now);
    }
}
