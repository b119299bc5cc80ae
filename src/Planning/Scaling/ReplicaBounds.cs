using Cronos;

namespace Nemotron.Planning.Scaling;

/// <summary>The bounds of the number of replicas at a time.</summary>
/// <param name="Min">Fewest.</param>
/// <param name="Max">Most.</param>
/// <param name="Schedule">The schedule that has changed a bound; null where none has.</param>
public sealed record ReplicaBounds(int Min, int Max, string? Schedule = null)
{
    /// <summary>The bounds at a time: of the schedules that hold, the highest minimum and the highest maximum replace the deployment's own.</summary>
    /// <param name="spec">The deployment's policy.</param>
    /// <param name="now">When.</param>
    /// <exception cref="ArgumentException">A schedule's cron text or time zone cannot be read; the message names the schedule.</exception>
    public static ReplicaBounds At(ScalingPolicySpec spec, DateTimeOffset now)
    {
        int? min = null, max = null;
        string? name = null;
        foreach (var schedule in spec.Schedules)
        {
            if (!Holds(schedule, now)) continue;
            if (schedule.MinReplicas is { } fewest && !(min >= fewest)) (min, name) = (fewest, schedule.Name);
            if (schedule.MaxReplicas is { } most && !(max >= most)) (max, name) = (most, schedule.Name);
        }
        var highest = max ?? spec.MaxReplicas;
        // A minimum above the maximum that it meets raises that: somebody has asked for these replicas by name.
        var lowest = min ?? Math.Min(spec.MinReplicas, highest);
        return new ReplicaBounds(lowest, Math.Max(lowest, highest), name);
    }

    /// <summary>Whether a schedule holds: it began at or before a time, and its duration is not over.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="now">When.</param>
    /// <exception cref="ArgumentException">Its cron text or time zone cannot be read.</exception>
    public static bool Holds(ScalingSchedule schedule, DateTimeOffset now)
    {
        var cron = ScheduleTimes.Cron(schedule);
        var zone = ScheduleTimes.Zone(schedule);
        // The first beginning after "duration ago" is what is asked for: if it is past, it still lasts.
        return cron.GetNextOccurrence(now - schedule.Duration, zone) is { } begun && begun <= now;
    }
}

/// <summary>Reads schedules' texts once.</summary>
internal static class ScheduleTimes
{
    private static readonly System.Collections.Concurrent.ConcurrentDictionary<string, CronExpression> Crons = new(StringComparer.Ordinal);

    public static CronExpression Cron(ScalingSchedule schedule)
    {
        if (Crons.TryGetValue(schedule.Start, out var known)) return known;
        try
        {
            var cron = CronExpression.Parse(schedule.Start);
            // Texts come from users: what is remembered must stay bounded.
            if (Crons.Count < 10_000) Crons.TryAdd(schedule.Start, cron);
            return cron;
        }
        catch (CronFormatException error)
        {
            throw new ArgumentException($"schedule {schedule.Name}: start '{schedule.Start}' is not five cron fields such as 0 8 * * 1-5: {error.Message}", nameof(schedule), error);
        }
    }

    public static TimeZoneInfo Zone(ScalingSchedule schedule)
    {
        if (schedule.TimeZone is not { } name) return TimeZoneInfo.Utc;
        try
        {
            return TimeZoneInfo.FindSystemTimeZoneById(name);
        }
        catch (Exception error) when (error is TimeZoneNotFoundException or InvalidTimeZoneException)
        {
            throw new ArgumentException($"schedule {schedule.Name}: time zone '{name}' is not known here; use an IANA name such as Europe/Berlin", nameof(schedule), error);
        }
    }
}
