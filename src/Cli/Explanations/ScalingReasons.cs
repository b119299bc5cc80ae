using Nemotron.Planning.Scaling;

namespace Nemotron.Cli.Explanations;

/// <summary>What each reason of a scaling decision means, in a sentence.</summary>
internal static class ScalingReasons
{
    private static readonly Dictionary<ScalingReason, string> Meanings = new()
    {
        [ScalingReason.KvUtilization] = "The KV cache asks for the most replicas.",
        [ScalingReason.Throughput] = "Tokens per second ask for the most replicas.",
        [ScalingReason.Latency] = "A latency objective asks for the most replicas.",
        [ScalingReason.QueueGrowth] = "A queue grows: more at once, and nothing is taken away for a while.",
        [ScalingReason.Idle] = "There has been no request for long enough.",
        [ScalingReason.Activation] = "A request waits and no replica serves.",
        [ScalingReason.MinReplicas] = "Held at the fewest replicas that are allowed.",
        [ScalingReason.MaxReplicas] = "Held at the most replicas that are allowed.",
        [ScalingReason.Schedule] = "A schedule's bound holds.",
        [ScalingReason.GpuCeiling] = "The pool has no more free GPUs.",
        [ScalingReason.Frozen] = "A person has frozen the number.",
        [ScalingReason.Stabilizing] = "The need has not lasted long enough yet.",
        [ScalingReason.RateLimited] = "The limit on step or interval holds.",
        [ScalingReason.LastReplicaNeeded] = "One replica fewer would not hold the load.",
        [ScalingReason.RecentTurn] = "The number changed its direction not long ago.",
        [ScalingReason.NoData] = "Metrics of the load are missing, so the number is held.",
        [ScalingReason.MetricsDown] = "Prometheus does not answer, so the number is held.",
        [ScalingReason.DataDiscarded] = "Some readings could not be true and were discarded.",
        [ScalingReason.KvUnknown] = "The KV cache's use is not measured; it is worked out from the requests in flight.",
        [ScalingReason.ChangedElsewhere] = "Somebody else changed the number since the last decision.",
    };

    /// <summary>The meaning of a reason as a status has it; null for a word of another version.</summary>
    public static string? Meaning(string? reason) => Enum.TryParse<ScalingReason>(reason, out var known) ? Meanings[known] : null;
}
