using Nemotron.Planning.Scaling;

namespace Nemotron.Planning.Tests.Scaling;

/// <summary>A deployment under load, as metrics would show it: figures that fit each other, unless a test says otherwise.</summary>
internal sealed record Scalings
{
    public const int PromptTokens = 1000;
    public const int OutputTokens = 200;
    public const int ThinkingTokens = 2400;

    public static readonly DateTimeOffset Noon = new(2026, 3, 4, 12, 0, 0, TimeSpan.Zero);
    public static readonly TimeSpan Tick = TimeSpan.FromSeconds(15);

    /// <summary>A replica like Super's on two H100: about five requests/s without thinking.</summary>
    public static ReplicaCapacity Capacity { get; } = new()
    {
        KvTokens = 500_000,
        MaxSequences = 256,
        StepSeconds = 0.012,
        SequenceSeconds = 0.0001,
        ContextTokenSeconds = 2e-8,
        PromptSeconds = 0.005,
        PromptTokenSeconds = 0.00008,
        ReservedOutput = 1,
        LeadTime = TimeSpan.FromSeconds(120),
    };

    public static ScalingPolicySpec Spec { get; } = new()
    {
        MaxReplicas = 20,
        Latency = new ByMode<LatencyObjective?>(
            new LatencyObjective(TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(60)), new LatencyObjective(TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(60))),
    };

    public int Replicas { get; init; } = 1;
    public int? Ready { get; init; }
    public double Off { get; init; }
    public double On { get; init; }
    public double Queued { get; init; }
    public double KvUse { get; init; } = 0.1;
    public int? GpuCeiling { get; init; }
    public double? Itl { get; init; } = 0.02;

    public int Serving => Ready ?? Replicas;

    public ScalingSignals Signals => new()
    {
        Replicas = Replicas,
        Ready = Serving,
        GpuCeiling = GpuCeiling,
        Modes = new ByMode<ModeSignals>(Mode(Off, OutputTokens), Mode(On, ThinkingTokens)),
        PerReplica = [.. Enumerable.Range(0, Serving).Select(i => new ReplicaSignals($"pod-{i}")
        {
            Queued = Now(Queued / Serving),
            Running = Now(4),
            KvTokensUsed = Now(KvUse * Capacity.KvTokens),
            KvTokensTotal = Now(Capacity.KvTokens),
        })],
        Held = Now(0),
        Scraped = 1,
    };

    /// <summary>No metrics: Prometheus does not answer.</summary>
    public ScalingSignals Blind => new() { Replicas = Replicas, Ready = Serving };

    private ModeSignals Mode(double rate, double output) => new()
    {
        Arrivals = Now(rate),
        Completions = Now(rate),
        PromptTokens = Now(rate * PromptTokens),
        OutputTokens = Now(rate * output),
        CompletedTokens = Now(rate * output),
        InFlight = Now(rate * output * 0.02),
        TtftSeconds = rate > 0 ? Now(0.2) : null,
        ItlSeconds = rate > 0 && Itl is { } itl ? Now(itl) : null,
        Errors = Now(0),
    };

    private static Reading Now(double value) => new(value, TimeSpan.FromSeconds(5));
}

/// <summary>A deployment over time: each tick is decided and obeyed at once.</summary>
internal sealed class ScalingRun(ScalingPolicySpec? spec = null, ReplicaCapacity? capacity = null)
{
    public ScalingState State { get; set; } = ScalingState.Empty;

    public DateTimeOffset Now { get; set; } = Scalings.Noon;

    public int Replicas { get; set; } = 1;

    public ScalingDecision Last { get; private set; } = null!;

    /// <summary>Decides on signals as they are.</summary>
    public ScalingDecision Decide(ScalingSignals signals)
    {
        (Last, State) = ScalingDecider.Decide(spec ?? Scalings.Spec, capacity ?? Scalings.Capacity, signals, State, Now);
        Now += Scalings.Tick;
        return Last;
    }

    /// <summary>Decides so many ticks on a load, and obeys; new replicas are ready at once.</summary>
    public ScalingDecision Ticks(int count, Scalings load)
    {
        for (var i = 0; i < count; i++) Replicas = Decide((load with { Replicas = Replicas }).Signals).Desired;
        return Last;
    }

    /// <summary>Decides and obeys until something is so; fails after an hour.</summary>
    public void Until(Func<bool> isSo, Scalings load)
    {
        for (var tick = 0; !isSo(); tick++)
        {
            tick.ShouldBeLessThan(240, "it did not come to that within an hour");
            Ticks(1, load);
        }
    }

    public ScalingDecision Minutes(double minutes, Scalings load) => Ticks((int)(4 * minutes), load);
}
