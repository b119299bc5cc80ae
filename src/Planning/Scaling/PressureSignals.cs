namespace Nemotron.Planning.Scaling;

/// <summary>What a decision on the thinking budget looks at. Null is unknown, never zero.</summary>
public sealed record PressureSignals
{
    /// <summary>Replicas that serve.</summary>
    public required int Ready { get; init; }

    /// <summary>Most replicas that may exist now, by the bounds, the GPUs and the fleet; null where that is not known.</summary>
    public int? Ceiling { get; init; }

    /// <summary>What sets the ceiling, as in "allowed by …".</summary>
    public string CeilingBy { get; init; } = "";

    /// <summary>Whether all replicas that may exist are asked for, and none of them is on its way; null where it is not known.</summary>
    public bool? AtCeiling { get; init; }

    /// <summary>Requests that wait in the engines; null unless every serving replica tells.</summary>
    public double? Waiting { get; init; }

    /// <summary>Whether so many wait that it is more than a moment's queue; null where it is not known.</summary>
    public bool? QueueIsLong { get; init; }

    /// <summary>Share of the KV cache in use over the serving replicas, in [0, 1]; null unless every one tells.</summary>
    public double? KvUse { get; init; }

    /// <summary>Replicas that the load asks for with the budget as it is, not rounded; null where it is not known.</summary>
    public double? Demand { get; init; }

    /// <summary>Share of the output tokens that thinking requests write, in [0, 1]; 1 where it is not known.</summary>
    public double ThinkingShare { get; init; } = 1;

    /// <summary>From what the autoscaler saw and decided.</summary>
    /// <param name="spec">What it is held to.</param>
    /// <param name="decision">What it decided; null where it could not.</param>
    /// <param name="signals">What it saw.</param>
    /// <param name="granted">Replicas that a fleet lets the deployment have where it wants more; null where no fleet limits it.</param>
    public static PressureSignals Of(ScalingPolicySpec spec, ScalingDecision? decision, ScalingSignals signals, int? granted)
    {
        var (known, _) = SignalScreen.Screen(signals);
        var serving = known.PerReplica.Where(replica => !replica.Draining).ToList();
        var all = serving.Count >= known.Ready && known.Ready > 0;
        double? waiting = all && serving.All(replica => replica.Queued is not null) ? serving.Sum(replica => replica.Queued!.Value.Value) + (known.Held?.Value ?? 0) : null;
        double? kv = all && serving.All(replica => replica is { KvTokensUsed: not null, KvTokensTotal.Value: > 0 })
            ? serving.Sum(replica => replica.KvTokensUsed!.Value.Value) / serving.Sum(replica => replica.KvTokensTotal!.Value.Value)
            : null;
        double? off = known.Modes.Off.OutputTokens?.Value, on = known.Modes.On.OutputTokens?.Value;
        var seen = new PressureSignals
        {
            Ready = known.Ready,
            Waiting = waiting,
            QueueIsLong = waiting is { } queued ? Queue.IsLong(spec, known, queued) : null,
            KvUse = kv,
            Demand = decision?.Demand?.Replicas,
            ThinkingShare = off + on > 0 ? on!.Value / (off!.Value + on.Value) : 1,
        };
        // Without a demand the autoscaler holds: for want of metrics, or since a person has frozen the number. Then nobody knows whether a replica would come.
        if (decision?.Demand is null) return seen;
        var (ceiling, by) = (decision.Bounds.Max, decision.Bounds.Schedule is { } schedule ? $"schedule {schedule}" : "maxReplicas");
        // Replicas that have no place are no help on its way.
        if (known.GpuCeiling is { } gpus && Math.Max(gpus, known.Ready) < ceiling) (ceiling, by) = (Math.Max(gpus, known.Ready), "the free GPUs");
        if (granted < ceiling) (ceiling, by) = (granted.Value, "the fleet");
        return seen with { Ceiling = ceiling, CeilingBy = by, AtCeiling = known.Ready > 0 && known.Ready >= ceiling };
    }
}
