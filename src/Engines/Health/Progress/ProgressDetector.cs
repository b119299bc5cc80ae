using Nemotron.Engines.Clients;
using Nemotron.Engines.Metrics;
using Nemotron.Engines.Metrics.Dialects;

namespace Nemotron.Engines.Health.Progress;

/// <summary>What one look at an engine brought.</summary>
public sealed record ProgressSample
{
    /// <summary>When it was taken.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Its health then.</summary>
    public required EngineHealth Health { get; init; }

    /// <summary>The gateway's counts; null without a gateway.</summary>
    public GatewayProgress? Gateway { get; init; }

    /// <summary>The engine's own load; null when it was not read.</summary>
    public EngineSignals? Load { get; init; }

    /// <summary>A probe that has ended since the last sample; null when none did.</summary>
    public TokenProbe? Probe { get; init; }
}

/// <summary>
/// Tells an engine that hangs from one that is busy or idle. Engines hang with their health route at 200: a rank dies and its peers
/// wait in NCCL for ever. Suspicion comes from work without tokens; certainty only from a probe. trtllm-serve's gauges freeze between
/// completions, so by themselves they never make more than a slow suspicion.
/// </summary>
public static class ProgressDetector
{
    /// <summary>The state after <paramref name="sample"/>.</summary>
    public static ProgressState Next(ProgressState before, ProgressSample sample, ProgressLimits limits)
    {
        switch (sample.Health.State)
        {
            case EngineState.Dead when sample.Health.Reason == HealthReasons.UnreadyTooLong:
                return before with { Verdict = ProgressVerdict.Hung, Evidence = sample.Health.Message, ProbeWanted = false };
            case EngineState.Starting or EngineState.Draining or EngineState.Dead:
                return ProgressState.Start(sample.At) with { Evidence = "It is not serving, so its progress is not judged." };
            case EngineState.Unreachable or EngineState.Unknown:
                // No answer says nothing of progress, and a probe would not get through either.
                return before with { ProbeWanted = false };
        }

        var look = Look(sample, limits);
        var probed = AfterProbe(FailingRequests.Count(before, sample), sample, look);
        if (FailingRequests.Judge(probed, sample, limits) is { } failing) return failing;
        if (look.Source == ProgressSource.None) return probed with { Verdict = ProgressVerdict.Healthy, Evidence = look.Nothing, Source = look.Source, Counter = null, MovedAt = sample.At, ProbeWanted = false, FailedProbes = 0 };

        var moved = before.Source != look.Source || before.Counter != look.Counter;
        var current = probed with { Source = look.Source, Counter = look.Counter };
        if (look.Work <= 0) return Healthy(current, sample.At, "It has nothing to do.");
        if (moved) return Healthy(current, sample.At, $"It moves: {Words(look)}.");
        if (sample.Probe is { Outcome: ProbeOutcome.Token } probe)
            return Healthy(current, sample.At, $"{Words(look)} showed no movement, but a probe got its token in {probe.Elapsed.TotalSeconds:0.0} s.");
        return StandingStill(current, sample, look, limits);
    }

    private static ProgressState StandingStill(ProgressState state, ProgressSample sample, Progress look, ProgressLimits limits)
    {
        var still = sample.At - state.MovedAt;
        var limit = look.Source == ProgressSource.EngineAtCompletion ? limits.NoCompletion : limits.NoToken;
        if (still < limit) return state with { ProbeWanted = false };

        var evidence = look.Source == ProgressSource.EngineAtCompletion
            ? $"{Words(look)}, and no request has ended for {still.TotalSeconds:0} s (the gauge may be old: this engine updates it only when a request ends)"
            : $"{Words(look)}, and no token for {still.TotalSeconds:0} s";
        if (state.FailedProbes >= limits.FailedProbes)
            return state with { Verdict = ProgressVerdict.Hung, Evidence = $"{evidence}; {state.FailedProbes} probes by one token failed.", ProbeWanted = false };

        if (state.CannotBeProbed && look.Source != ProgressSource.EngineAtCompletion && still >= limits.NoToken * limits.UnprobedFactor)
            return state with { Verdict = ProgressVerdict.Hung, Evidence = $"{evidence}; this engine cannot be probed.", ProbeWanted = false };

        var wanted = !state.CannotBeProbed && (state.ProbedAt is not { } probed || sample.At - probed >= limits.ProbeSpacing);
        return state with { Verdict = ProgressVerdict.Suspect, Evidence = $"{evidence}; {(state.CannotBeProbed ? "this engine cannot be probed" : $"{state.FailedProbes} probes failed so far")}.", ProbeWanted = wanted };
    }

    private static ProgressState AfterProbe(ProgressState before, ProgressSample sample, Progress look)
    {
        if (sample.Probe is not { } probe) return before;
        // An engine that answers with an error is not hung. Only beside a live counter that stands still does that count, or where every request fails.
        var counts = probe.Outcome == ProbeOutcome.TimedOut
            || (probe.Outcome == ProbeOutcome.Failed && (look.Source is ProgressSource.Gateway or ProgressSource.EngineLive || before.FailingSince is not null));
        return before with
        {
            ProbedAt = sample.At,
            FailedProbes = before.FailedProbes + (counts ? 1 : 0),
            CannotBeProbed = before.CannotBeProbed || probe.Outcome == ProbeOutcome.Unsupported,
        };
    }

    private static ProgressState Healthy(ProgressState state, DateTimeOffset now, string evidence) =>
        state with { Verdict = ProgressVerdict.Healthy, Evidence = evidence, MovedAt = now, ProbeWanted = false, FailedProbes = 0 };

    private static Progress Look(ProgressSample sample, ProgressLimits limits)
    {
        if (sample.Gateway is { } gateway && sample.At - gateway.At <= limits.GatewayAge)
            return new Progress(ProgressSource.Gateway, gateway.InFlight, gateway.Tokens, "requests in flight by the gateway's count");
        if (sample.Load is not { } load) return Progress.None("Neither a gateway nor the engine's metrics tell of its progress.");
        if (!load.Running.IsKnown) return Progress.None($"The engine does not say how many requests run: {load.Running.UnknownBecause}.");

        var work = load.Running.Value!.Value + (load.Waiting.Value ?? 0);
        if (load[EngineSignal.Iterations].Value is { } iterations) return new Progress(ProgressSource.EngineLive, work, iterations, "requests by the engine's count");
        return (load.GenerationTokens.Value, load.Dialect.Tokens) switch
        {
            ({ } tokens, Movement.EachIteration) => new Progress(ProgressSource.EngineLive, work, tokens, "requests by the engine's count"),
            ({ } tokens, Movement.AtCompletion) => new Progress(ProgressSource.EngineAtCompletion, work, tokens + (load.RequestsSucceeded.Value ?? 0), "requests by the engine's gauge"),
            _ => Progress.None("The engine publishes no counter that would show it move."),
        };
    }

    private static string Words(Progress look) => $"{look.Work:0} {look.Unit}";

    private readonly record struct Progress(ProgressSource Source, double Work, double Counter, string Unit)
    {
        public string Nothing { get; private init; } = "";

        public static Progress None(string because) => new(ProgressSource.None, 0, 0, "") { Nothing = because };
    }
}
