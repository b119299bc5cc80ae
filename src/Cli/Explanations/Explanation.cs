using Nemotron.Controllers.Scaling;
using Nemotron.Cli.Statuses;
using Nemotron.Crds;
using Nemotron.Planning.Scaling;

namespace Nemotron.Cli.Explanations;

/// <summary>Why a deployment has the number of replicas that it has, as <c>explain -o json</c> and <c>-o yaml</c> write it. The names are an interface that scripts rely on.</summary>
internal sealed record Explanation
{
    public required string Namespace { get; init; }
    public required string Name { get; init; }
    public required string Mode { get; init; }
    public required int? Desired { get; init; }
    public required int? Ready { get; init; }
    public required int? Recommended { get; init; }
    public required string? Reason { get; init; }
    public required string? Meaning { get; init; }
    public required string? Decision { get; init; }
    public required ScalingReport? LastChange { get; init; }
    public required SignalFigures? Signals { get; init; }
    public required ReplicaFigures Replica { get; init; }
    public required TargetFigures? Targets { get; init; }
    public required LimitFigures? Limits { get; init; }
    public required IReadOnlyList<Obstacle> Obstacles { get; init; }

    /// <summary>Puts together what the status says. Pure.</summary>
    /// <param name="entity">The deployment.</param>
    /// <param name="now">The time.</param>
    public static Explanation Of(NemotronDeployment entity, DateTimeOffset now)
    {
        var (status, autoscaling) = (entity.Status, entity.Spec.Autoscaling);
        var state = ScalingStateText.Read(status?.Autoscaler?.State);
        var policy = autoscaling is null ? null : ScalingPolicies.Of(entity, mayBeZero: true);
        return new Explanation
        {
            Namespace = entity.Metadata.NamespaceProperty ?? "",
            Name = entity.Metadata.Name,
            Mode = autoscaling is null ? "Manual" : (autoscaling.Mode ?? AutoscalingMode.Auto).ToString(),
            Desired = status?.DesiredReplicas ?? entity.Spec.Replicas,
            Ready = status?.ReadyReplicas,
            Recommended = status?.Autoscaler?.RecommendedReplicas,
            Reason = status?.Autoscaler?.Reason,
            Meaning = ScalingReasons.Meaning(status?.Autoscaler?.Reason),
            Decision = status?.Autoscaler?.Message,
            LastChange = status?.LastScaling is { } change ? ScalingReport.Of(change, now) : null,
            Signals = status?.Autoscaler is null ? null : SignalFigures.Of(entity, state, now),
            Replica = ReplicaFigures.Of(entity, state),
            Targets = policy is null ? null : TargetFigures.Of(policy),
            Limits = policy is null ? null : LimitFigures.Of(policy, state, now),
            Obstacles = Obstacle.Of(entity),
        };
    }
}

/// <summary>What the autoscaler saw last of the load.</summary>
internal sealed record SignalFigures
{
    public required string? Ago { get; init; }
    public required double? RequestsPerSecond { get; init; }
    public required double? ThinkingRequestsPerSecond { get; init; }
    public required double? InFlight { get; init; }
    public required double? Queued { get; init; }
    public required int? KvUtilizationPercent { get; init; }
    public required long? TokensPerSecond { get; init; }
    public required double? PromptTokens { get; init; }
    public required double? OutputTokens { get; init; }
    public required double? ThinkingOutputTokens { get; init; }

    public static SignalFigures Of(NemotronDeployment entity, ScalingState state, DateTimeOffset now)
    {
        var newest = state.Arrivals.Count > 0 ? state.Arrivals[^1] : null;
        return new SignalFigures
        {
            Ago = state.LastTick is { } tick ? Age.Of(now - tick) : null,
            RequestsPerSecond = newest?.Off,
            ThinkingRequestsPerSecond = newest?.On,
            InFlight = newest?.InFlight,
            Queued = state.Queued,
            KvUtilizationPercent = entity.Status?.KvUtilizationPercent,
            TokensPerSecond = entity.Status?.TokensPerSecond,
            PromptTokens = Seen(state.LengthsOff)?.PromptTokens ?? Seen(state.LengthsOn)?.PromptTokens,
            OutputTokens = Seen(state.LengthsOff)?.OutputTokens,
            ThinkingOutputTokens = Seen(state.LengthsOn)?.OutputTokens,
        };
    }

    private static LengthEstimate? Seen(LengthEstimate lengths) => lengths.Weight > 0 ? lengths : null;
}

/// <summary>What is to be held.</summary>
internal sealed record TargetFigures(double KvPercent, double ThroughputPercent, LatencyFigures? Off, LatencyFigures? On)
{
    public static TargetFigures Of(ScalingPolicySpec policy) =>
        new(100 * policy.KvUtilization, 100 * policy.Throughput, LatencyFigures.Of(policy.Latency.Off), LatencyFigures.Of(policy.Latency.On));
}

/// <summary>Objectives of one reasoning mode, in seconds.</summary>
internal sealed record LatencyFigures(double? TtftSeconds, double? ItlSeconds, double Percentile)
{
    public static LatencyFigures? Of(LatencyObjective? objective) =>
        objective is null ? null : new(objective.Ttft?.TotalSeconds, objective.Itl?.TotalSeconds, objective.Percentile);
}

/// <summary>What bounds the number and its pace now.</summary>
internal sealed record LimitFigures
{
    public required int? Min { get; init; }
    public required int? Max { get; init; }
    public required string? Schedule { get; init; }
    public required string? ScheduleTrouble { get; init; }
    public required string Up { get; init; }
    public required string Down { get; init; }
    public required string? LastUpAgo { get; init; }
    public required string? LastDownAgo { get; init; }

    /// <summary>For how long nothing is taken away, since a queue grew; null where that is not so.</summary>
    public required string? PanicFor { get; init; }

    public static LimitFigures Of(ScalingPolicySpec policy, ScalingState state, DateTimeOffset now)
    {
        ReplicaBounds? bounds = null;
        string? trouble = null;
        try
        {
            bounds = ReplicaBounds.At(policy, now);
        }
        catch (ArgumentException e)
        {
            trouble = e.Message.Split(" (Parameter", 2)[0];
        }

        return new LimitFigures
        {
            Min = bounds?.Min,
            Max = bounds?.Max,
            Schedule = bounds?.Schedule,
            ScheduleTrouble = trouble,
            Up = Pace(policy.ScaleUp),
            Down = Pace(policy.ScaleDown),
            LastUpAgo = state.LastUp is { } up ? Age.Of(now - up) : null,
            LastDownAgo = state.LastDown is { } down ? Age.Of(now - down) : null,
            PanicFor = state.PanicUntil > now ? Age.Of(state.PanicUntil.Value - now) : null,
        };
    }

    private static string Pace(PaceLimit pace) => string.Join(", ", new[]
    {
        pace.Stabilization > TimeSpan.Zero ? $"a need must last {Age.Of(pace.Stabilization)}" : "at once",
        pace.MaxStep is { } step ? $"at most {step} at a time" : null,
        pace.Interval > TimeSpan.Zero ? $"{Age.Of(pace.Interval)} between steps" : null,
    }.OfType<string>());
}
