namespace Nemotron.Lab.Controllers.Workloads;

/// <summary>What a Job asks for.</summary>
/// <param name="Completions">Pods that must succeed; null when one success and the end of the others suffice.</param>
/// <param name="Parallelism">Pods at once.</param>
/// <param name="BackoffLimit">Failed pods after which the Job has failed.</param>
internal sealed record JobSpec(int? Completions, int Parallelism, int BackoffLimit)
{
    /// <summary>Whether it is suspended: it has no pods then.</summary>
    public bool Suspended { get; init; }

    /// <summary>When it has failed for taking too long, or null.</summary>
    public DateTimeOffset? Deadline { get; init; }
}

/// <summary>What a Job should do next.</summary>
/// <param name="Create">Pods to create.</param>
/// <param name="Delete">Pods to delete.</param>
/// <param name="Active">Pods that are neither finished nor going.</param>
/// <param name="Ready">Ready ones of them.</param>
/// <param name="Succeeded">Pods that succeeded.</param>
/// <param name="Failed">Pods that failed.</param>
/// <param name="Verdict"><c>Complete</c> or <c>Failed</c> when it is over, else null.</param>
/// <param name="Reason">Why, for a failed one.</param>
/// <param name="Message">Why, in a sentence.</param>
internal sealed record JobPlan(
    int Create, IReadOnlyList<string> Delete, int Active, int Ready, int Succeeded, int Failed, string? Verdict, string? Reason, string? Message);

/// <summary>Decides for one Job. Non-indexed Jobs only; pods that are gone are no longer counted, since the Lab keeps finished pods.</summary>
internal static class JobDecision
{
    /// <summary>Compares what is with what is wanted.</summary>
    public static JobPlan Decide(JobSpec spec, IReadOnlyCollection<PodFacts> pods, DateTimeOffset now)
    {
        var active = pods.Where(pod => pod.Active).OrderBy(pod => pod.Created).ThenBy(pod => pod.Uid, StringComparer.Ordinal).ToList();
        var succeeded = pods.Count(pod => pod.Phase == "Succeeded");
        var failed = pods.Count(pod => pod.Phase == "Failed");
        var (verdict, reason, message) = Judge(spec, active.Count, succeeded, failed, now);
        string[] Names(int count) => [.. active.OrderBy(pod => pod.Ready).ThenByDescending(pod => pod.Created).Take(Math.Max(0, count)).Select(pod => pod.Name)];
        var wanted = verdict is not null || spec.Suspended ? 0
            : spec.Completions is { } completions ? Math.Min(spec.Parallelism, completions - succeeded)
            // A work queue: once one pod has found it empty, no new ones.
            : succeeded > 0 ? Math.Min(active.Count, spec.Parallelism) : spec.Parallelism;
        return new(
            Math.Max(0, wanted - active.Count), Names(active.Count - wanted), active.Count, active.Count(pod => pod.Ready), succeeded, failed, verdict, reason, message);
    }

    private static (string? Verdict, string? Reason, string? Message) Judge(JobSpec spec, int active, int succeeded, int failed, DateTimeOffset now)
    {
        if (failed > spec.BackoffLimit) return ("Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit");
        if (spec.Completions is { } completions ? succeeded >= completions : succeeded > 0 && active == 0)
        {
            return ("Complete", "CompletionsReached", "Reached expected number of succeeded pods");
        }

        return spec.Deadline <= now ? ("Failed", "DeadlineExceeded", "Job was active longer than specified deadline") : (null, null, null);
    }
}
