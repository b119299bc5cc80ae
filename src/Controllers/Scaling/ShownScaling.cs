using Nemotron.Planning.Scaling;

namespace Nemotron.Controllers.Scaling;

/// <summary>What the status shows of the autoscaler. A status is not a time series: it is written when the decision changes, and else seldom.</summary>
internal sealed record ShownScaling
{
    // A load that moves by less is the same for a reader of kubectl get; Prometheus has the curve.
    private const int KvStep = 5;
    private const double TokensStep = 0.1;
    private static readonly TimeSpan LoadEvery = TimeSpan.FromMinutes(1);

    // A new leader takes over a state that is at most so old while there is traffic.
    private static readonly TimeSpan StateEvery = TimeSpan.FromMinutes(5);

    /// <summary>When it was last changed.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>When <see cref="State"/> was taken.</summary>
    public DateTimeOffset StateAt { get; init; }

    /// <summary>Replicas that were last decided on, also where they are only recommended; null where nothing was.</summary>
    public int? Recommended { get; init; }

    /// <summary>KV cache in use, in percent; null where it is not known.</summary>
    public int? KvPercent { get; init; }

    /// <summary>Output tokens per second; null where they are not known.</summary>
    public long? TokensPerSecond { get; init; }

    /// <summary>The autoscaler's state as text.</summary>
    public string? State { get; init; }

    /// <summary>The last change of the number; null where there was none.</summary>
    public ScalingChange? Change { get; init; }

    /// <summary>What to show now.</summary>
    /// <param name="before">What is shown; null at first.</param>
    /// <param name="decision">What was decided; null where nothing was.</param>
    /// <param name="state">The state after it.</param>
    /// <param name="signals">What was known.</param>
    /// <param name="now">The time.</param>
    public static ShownScaling Next(ShownScaling? before, ScalingDecision? decision, ScalingState state, ScalingSignals signals, DateTimeOffset now)
    {
        var kv = KvOf(signals);
        var tokens = TokensOf(signals);
        var recommended = decision?.Desired ?? before?.Recommended;
        var changes = decision is not null && decision.Desired != decision.Current && decision.Desired != before?.Recommended;
        var change = changes ? new ScalingChange(now, decision!.Current, decision.Desired, decision.Reason, decision.Message) : before?.Change;
        if (before is null || changes || recommended != before.Recommended) return Fresh();
        var moved = (kv is null) != (before.KvPercent is null) || (tokens is null) != (before.TokensPerSecond is null)
            || Math.Abs((kv ?? 0) - (before.KvPercent ?? 0)) >= KvStep
            || Math.Abs((tokens ?? 0) - (before.TokensPerSecond ?? 0)) > Math.Max(1, TokensStep * (before.TokensPerSecond ?? 0));
        if (moved && now - before.At >= LoadEvery) return now - before.StateAt >= StateEvery ? Fresh() : before with { At = now, KvPercent = kv, TokensPerSecond = tokens };
        return tokens is > 0 && now - before.StateAt >= StateEvery ? Fresh() : before;

        ShownScaling Fresh() => new()
        {
            At = now,
            StateAt = now,
            Recommended = recommended,
            KvPercent = kv,
            TokensPerSecond = tokens,
            State = ScalingStateText.Write(state),
            Change = change,
        };
    }

    private static int? KvOf(ScalingSignals signals)
    {
        double used = 0, total = 0;
        foreach (var replica in signals.PerReplica)
        {
            if (replica is not { KvTokensUsed: { } held, KvTokensTotal: { Value: > 0 } all }) continue;
            used += held.Value;
            total += all.Value;
        }

        return total > 0 && double.IsFinite(used) ? (int)Math.Clamp(Math.Round(100 * used / total), 0, 100) : null;
    }

    private static long? TokensOf(ScalingSignals signals) => (signals.Modes.Off.OutputTokens, signals.Modes.On.OutputTokens) switch
    {
        (null, null) => null,
        var (off, on) => (off?.Value ?? 0) + (on?.Value ?? 0) is var sum && double.IsFinite(sum) && sum >= 0 ? (long)Math.Round(sum) : null,
    };
}

/// <summary>A change of the number of replicas.</summary>
internal sealed record ScalingChange(DateTimeOffset At, int From, int To, ScalingReason Reason, string Message);
