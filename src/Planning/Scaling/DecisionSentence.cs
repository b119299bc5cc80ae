namespace Nemotron.Planning.Scaling;

/// <summary>Says a decision in one sentence with its numbers.</summary>
internal static class DecisionSentence
{
    public static string Of(Verdict verdict, int desired, List<ScalingReason> reasons)
    {
        var current = verdict.Signals.Replicas;
        var move = desired == current ? Text($"Holds {Replicas(current)}") : Text($"{(desired > current ? "Up" : "Down")} from {current} to {Replicas(desired)}");
        var sentence = Text($"{move}: {Why(verdict, reasons[0])}");
        if (verdict.Demand is { } demand)
        {
            sentence += Text($"; {demand.Arrivals.Off:0.##} requests/s and {demand.Arrivals.On:0.##} thinking ones are expected in {demand.LeadTime.TotalSeconds:0} s, which take {demand.ForKv:0.0} replicas by KV cache, {demand.ForThroughput:0.0} by throughput and {demand.ForLatency:0.0} by latency");
        }
        if (verdict.Signals.Pending > 0) sentence += Text($"; {verdict.Signals.Pending} still loading count as supply");
        if (verdict.Discarded.Count > 0) sentence += Text($"; discarded {string.Join(", ", verdict.Discarded.Take(3))}");
        return sentence + ".";
    }

    private static string Why(Verdict verdict, ScalingReason reason) => reason switch
    {
        ScalingReason.KvUtilization => Text($"the KV cache needs {verdict.Demand!.KvTokens:0} tokens at {100 * verdict.Spec.KvUtilization:0} % of each replica's"),
        ScalingReason.Throughput => Text($"{verdict.Demand!.OutputTokensPerSecond:0} output and {verdict.Demand.PromptTokensPerSecond:0} prompt tokens/s are wanted, at {100 * verdict.Spec.Throughput:0} % of what a replica can do"),
        ScalingReason.Latency => Text($"the latency objectives let a replica do {100 * verdict.Demand!.Correction:0} % of what the capacity model expects of it"),
        ScalingReason.QueueGrowth => Text($"{verdict.State.Queued ?? 0:0} requests wait, more each tick"),
        ScalingReason.Idle => Text($"there has been no request since {verdict.State.LastRequest:HH:mm:ss}"),
        ScalingReason.Activation => "a request waits and nothing serves",
        ScalingReason.MinReplicas => Text($"minReplicas is {verdict.Bounds.Min}"),
        ScalingReason.MaxReplicas => Text($"maxReplicas is {verdict.Bounds.Max}"),
        ScalingReason.Schedule => Text($"schedule {verdict.Bounds.Schedule} allows {verdict.Bounds.Min} to {verdict.Bounds.Max}"),
        ScalingReason.GpuCeiling => Text($"there are GPUs for {verdict.Signals.GpuCeiling} only"),
        ScalingReason.Frozen => "the number is frozen",
        ScalingReason.Stabilizing => "the need has not lasted long enough",
        ScalingReason.RateLimited => "the last step was not long ago",
        ScalingReason.LastReplicaNeeded => "one replica fewer would not hold the load",
        ScalingReason.RecentTurn => "the number changed its direction not long ago",
        ScalingReason.NoData => "metrics of its load are missing",
        ScalingReason.MetricsDown => "Prometheus does not answer",
        _ => reason.ToString(),
    };

    private static string Replicas(int count) => Text($"{count} replica{(count == 1 ? "" : "s")}");

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
