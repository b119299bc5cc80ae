using Nemotron.Planning.Scaling;

namespace Nemotron.Planning.Simulation.Policies;

/// <summary>The signals that the peers' policies read, from the same scrapes as ours.</summary>
internal static class PeerSignals
{
    public static int Serving(ScalingSignals signals) => signals.PerReplica.Count(replica => !replica.Draining);

    /// <summary>Mean share of the KV cache in use over the replicas that serve; null where none was scraped.</summary>
    public static double? KvUse(ScalingSignals signals)
    {
        double sum = 0;
        var count = 0;
        foreach (var replica in signals.PerReplica)
        {
            if (replica.Draining || replica is not { KvTokensUsed: { } used, KvTokensTotal: { Value: > 0 } total }) continue;
            sum += used.Value / total.Value;
            count++;
        }
        return count == 0 ? null : sum / count;
    }

    /// <summary>Requests that wait for a place in a batch; null where nothing was scraped.</summary>
    public static double? Waiting(ScalingSignals signals) =>
        signals.PerReplica.Count == 0 ? null : signals.PerReplica.Where(replica => !replica.Draining).Sum(replica => replica.Queued?.Value ?? 0) + (signals.Held?.Value ?? 0);

    /// <summary>Requests in flight of both modes; null where nothing was scraped.</summary>
    public static double? InFlight(ScalingSignals signals) =>
        signals.Modes is { Off.InFlight: { } off, On.InFlight: { } on } ? off.Value + on.Value + (signals.Held?.Value ?? 0) : null;

    /// <summary>Requests per second of both modes; null where nothing was scraped.</summary>
    public static double? Arrivals(ScalingSignals signals) =>
        signals.Modes is { Off.Arrivals: { } off, On.Arrivals: { } on } ? off.Value + on.Value : null;

    /// <summary>Mean prompt and output tokens of the requests of the last minute, both modes in one; null where none ended.</summary>
    public static (double Prompt, double Output)? MeanLengths(ScalingSignals signals)
    {
        if (signals.Modes is not { Off: { Completions: { } offEnded }, On: { Completions: { } onEnded } }) return null;
        var ended = offEnded.Value + onEnded.Value;
        if (ended <= 0) return null;
        var (off, on) = (signals.Modes.Off, signals.Modes.On);
        return (((off.PromptTokens?.Value ?? 0) + (on.PromptTokens?.Value ?? 0)) / ended, ((off.CompletedTokens?.Value ?? 0) + (on.CompletedTokens?.Value ?? 0)) / ended);
    }
}
