using Nemotron.Crds;

namespace Nemotron.Controllers.Engines;

/// <summary>Why a sick engine is not restarted now.</summary>
internal enum RestartHold
{
    /// <summary>Nothing is held back.</summary>
    None,

    /// <summary>The NemotronDeployment is paused.</summary>
    Paused,

    /// <summary>More of the fleet looks sick than is believable.</summary>
    Doubted,

    /// <summary>It was found a moment ago: the others are to be heard first.</summary>
    Settling,

    /// <summary>Another replica is on its way.</summary>
    OneAtATime,

    /// <summary>The last restarts did not help: the next has to wait.</summary>
    Backoff,

    /// <summary>The fleet has had its restarts of this minute.</summary>
    FleetLimit,
}

/// <summary>Which replica is restarted now, if any, and why the others are not.</summary>
/// <param name="History">The restarts so far, the one that is decided now among them.</param>
internal sealed record RestartDecision(IReadOnlyList<EngineRestartStatus> History)
{
    // For what has no time of its own: another replica that loads is heard of when it is ready, but one that never will be is not.
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(15);

    /// <summary>Nothing to restart, and nothing restarted before.</summary>
    public static readonly RestartDecision Nothing = new([]);

    /// <summary>The replica to restart as a whole, or null.</summary>
    public EngineGroup? Restart { get; init; }

    /// <summary>Which restart of it this is, from 1.</summary>
    public int Nth { get; init; }

    /// <summary>Why a sick replica is left alone.</summary>
    public RestartHold Hold { get; init; }

    /// <summary>What it waits for, in words that stay the same while it does; "" where nothing is held back.</summary>
    public string Why { get; init; } = "";

    /// <summary>When to decide again if nothing changes before; null: not needed.</summary>
    public DateTimeOffset? Again { get; init; }

    /// <summary>Decides. Pure.</summary>
    /// <remarks>
    /// At most one replica of a NemotronDeployment at a time, and none while another is being deleted or on its way to serve. A sick replica serves nobody, so that its
    /// restart takes nothing away; but the verdict may be wrong, and then one replica at a time is what it costs. That holds also where all are sick. It does not hold
    /// for those that will never serve by themselves (<see cref="EngineGroup.OnItsWay"/>): to wait for them would leave the sick ones sick for ever.
    /// </remarks>
    /// <param name="findings">The replicas, and the fleet.</param>
    /// <param name="former">The restarts so far.</param>
    /// <param name="paused">Whether nothing may be changed.</param>
    /// <param name="startupLimit">How long a start may take.</param>
    /// <param name="now">The time.</param>
    /// <param name="limits">The budgets.</param>
    public static RestartDecision Decide(
        EngineFindings findings, IReadOnlyList<EngineRestartStatus>? former, bool paused, TimeSpan startupLimit, DateTimeOffset now, HealingLimits limits)
    {
        var history = RestartHistory.Current(former, findings.Groups, now, limits);
        RestartDecision Held(RestartHold hold, string why, DateTimeOffset? again = null) => new(history) { Hold = hold, Why = why, Again = again };

        var sick = findings.Groups.Where(group => group.Sick is not null && !group.Leaving).ToList();
        if (sick.Count == 0) return new(history);
        if (paused) return Held(RestartHold.Paused, $"Nothing is restarted: the annotation {NemotronAnnotations.Paused} is set.");
        if (findings.Fleet.Doubted(limits))
            return Held(RestartHold.Doubted, "Nothing is restarted: more than half of all engines look sick at once, which is rather a fault of the network or of the signal. If they are, restart them by the annotation "
                + $"{NemotronAnnotations.RestartedAt}.", now + LookAgain);

        if (findings.Groups.FirstOrDefault(group => group.Leaving || group.OnItsWay(now, startupLimit)) is { } other)
            return Held(RestartHold.OneAtATime, $"It is restarted once {other.Replica} serves, which is on its way.", now + LookAgain);

        // One that was written down and then not deleted: the same restart, not another.
        if (sick.FirstOrDefault(group => RestartHistory.Of(history, group) is { } entry && entry.PodUid == group.Leader!.Metadata.Uid) is { } unfinished)
            return new(history) { Restart = unfinished, Nth = RestartHistory.Of(history, unfinished)!.Count ?? 1 };

        var due = sick.Select(group => (Group: group, Entry: RestartHistory.Of(history, group)))
            .Select(each => (each.Group, each.Entry, At: each.Entry is null ? DateTimeOffset.MinValue : RestartHistory.NextAfter(each.Entry, limits)))
            .OrderBy(each => each.Entry?.Count ?? 0).ThenBy(each => each.Group.Sick!.Since).ThenBy(each => each.Group.Replica, StringComparer.Ordinal)
            .ToList();
        if (due.All(each => each.At > now))
        {
            var next = due.MinBy(each => each.At);
            return Held(RestartHold.Backoff, $"Restarted {Times(next.Entry!.Count ?? 0)} without lasting success; the next restart is not before {next.At.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}.", next.At);
        }

        var chosen = due.First(each => each.At <= now).Group;
        if (chosen.FoundAt is { } found && now - found < limits.Settle) return Held(RestartHold.Settling, "It is restarted in a moment.", found + limits.Settle);
        if (findings.Fleet.RecentRestarts >= limits.PerMinute) return HeldByFleet(history, now, limits);

        var nth = (RestartHistory.Of(history, chosen)?.Count ?? 0) + 1;
        var entry = new EngineRestartStatus
        {
            Replica = chosen.Replica,
            PodUid = chosen.Leader!.Metadata.Uid,
            Count = nth,
            Time = DateTime.UnixEpoch.AddSeconds(now.ToUnixTimeSeconds()),
            Reason = chosen.Sick!.Reason,
        };
        return new(RestartHistory.With(history, entry)) { Restart = chosen, Nth = nth };
    }

    /// <summary>No restart, since the fleet has had its share.</summary>
    public static RestartDecision HeldByFleet(IReadOnlyList<EngineRestartStatus> history, DateTimeOffset now, HealingLimits limits) => new(history)
    {
        Hold = RestartHold.FleetLimit,
        Why = $"It waits its turn: over the whole fleet {limits.PerMinute} replicas are restarted in a minute.",
        Again = now + LookAgain,
    };

    private static string Times(int count) => count == 1 ? "once" : $"{count} times";
}
