using Nemotron.Engines.Clients;

namespace Nemotron.Engines.Health.Progress;

/// <summary>
/// Tells an engine whose every request fails while it calls itself ready: Triton before 26.04 with a dead Python stub (server#8604). The counters raise
/// the suspicion, and since a client that sends nonsense raises it too, only probes by one token make it certain.
/// </summary>
internal static class FailingRequests
{
    /// <summary>The state with what the counters of ended requests add to it.</summary>
    public static ProgressState Count(ProgressState before, ProgressSample sample)
    {
        if (sample.Probe is { Outcome: ProbeOutcome.Token }) before = before with { FailingSince = null, Failures = 0 };
        if (sample.Load is not { RequestsSucceeded.Value: { } succeeded, RequestsFailed.Value: { } failed }) return before;
        var ended = (succeeded, failed);
        // A counter that fell is another process's: it is compared with nothing.
        if (before.Ended is not { } last || succeeded < last.Succeeded || failed < last.Failed) return before with { Ended = ended, FailingSince = null, Failures = 0 };
        if (succeeded > last.Succeeded) return before with { Ended = ended, FailingSince = null, Failures = 0 };
        return failed > last.Failed
            ? before with { Ended = ended, FailingSince = before.FailingSince ?? sample.At, Failures = before.Failures + failed - last.Failed }
            : before;
    }

    /// <summary>The verdict that failures lead to; null when there is nothing to suspect.</summary>
    public static ProgressState? Judge(ProgressState state, ProgressSample sample, ProgressLimits limits)
    {
        if (state.FailingSince is not { } since || sample.At - since < limits.Failing) return null;
        var evidence = $"{state.Failures:0} requests failed in {(sample.At - since).TotalSeconds:0} s and none succeeded";
        // Some engines count a probe as a request: its failure is no evidence beyond itself, so the probes are counted apart.
        if (state.FailedProbes >= limits.FailedProbes)
            return state with { Verdict = ProgressVerdict.Hung, Evidence = $"{evidence}; {state.FailedProbes} probes by one token failed.", MovedAt = since, ProbeWanted = false };
        if (state.CannotBeProbed) return null;
        var wanted = state.ProbedAt is not { } probed || sample.At - probed >= limits.ProbeSpacing;
        return state with { Verdict = ProgressVerdict.Suspect, Evidence = $"{evidence}; {state.FailedProbes} probes failed so far.", ProbeWanted = wanted };
    }
}
