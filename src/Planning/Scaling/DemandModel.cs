namespace Nemotron.Planning.Scaling;

/// <summary>Turns arrivals, lengths and what waits into replicas, by KV cache, by throughput and by latency.</summary>
internal static class DemandModel
{
    // What is taken for the objectives' percentile before it is measured, over a request alone: neighbours' prompts come in between.
    private const double ItlPriorFactor = 1.5;
    private const double TtftPriorPrompts = 4;

    // A population of requests is as old as it gets after so many mean lives.
    private const double RequestLives = 1.5;

    // What completes lags what arrives: it is trusted no further than this many times the replicas.
    private const double MostAtOnce = 2;

    // Nobody trusts a replica further than this, whatever the objectives would allow.
    private const double HighestLoad = 0.95;
    private const double LowestLoad = 0.05;

    /// <summary>What latency would be taken to be at no load.</summary>
    public static LatencyEstimates Priors(ReplicaCapacity capacity, ByMode<LengthEstimate> lengths)
    {
        var itl = ItlPriorFactor * capacity.StepSeconds;
        return new LatencyEstimates(Ttft(lengths.Off), Ttft(lengths.On), itl, itl);

        double Ttft(LengthEstimate length) =>
            capacity.StepSeconds + TtftPriorPrompts * (capacity.PromptSeconds + capacity.PromptTokenSeconds * length.PromptTokens);
    }

    /// <summary>Work per second that arrives: replicas that do nothing but that, and have no steps of their own to pay.</summary>
    public static double Work(ReplicaCapacity capacity, ByMode<LengthEstimate> lengths, double spread, double off, double on) =>
        off * Seconds(capacity, lengths.Off, spread) + on * Seconds(capacity, lengths.On, spread);

    /// <summary>Works out the demand.</summary>
    public static ScalingDemand Of(
        ScalingPolicySpec spec, ReplicaCapacity capacity, ScalingState state, ByMode<LengthEstimate> lengths, ScalingSignals signals, ByMode<double> arrivals, double growth, TimeSpan lead, DateTimeOffset now)
    {
        var spread = state.Spread ?? Learning.PriorSpread;
        var factor = state.WorkFactor ?? 1;
        var work = factor * Work(capacity, lengths, spread, arrivals.Off, arrivals.On);
        var queued = Queued(signals);
        var rate = arrivals.Off + arrivals.On;
        var meanWork = rate > 0 ? work / rate : factor * Seconds(capacity, lengths.Off, spread);
        // What waits must be gone within the time in which help can come.
        var drain = Math.Max(30, lead.TotalSeconds);
        var backlog = queued * meanWork / drain;
        var output = arrivals.Off * lengths.Off.OutputTokens + arrivals.On * lengths.On.OutputTokens;
        var priors = Priors(capacity, lengths);
        var byModel = UsableLoad(spec, arrivals, priors, new LatencyEstimates());
        var bySight = UsableLoad(spec, arrivals, priors, state.Latency);
        var usable = bySight ?? HighestLoad;
        var forKv = capacity.KvTokens > 0 ? ForKv(spec, capacity, state, lengths, signals, arrivals, growth, work, now) : 0;
        return new ScalingDemand
        {
            Arrivals = arrivals,
            OutputTokensPerSecond = output,
            PromptTokensPerSecond = arrivals.Off * lengths.Off.PromptTokens + arrivals.On * lengths.On.PromptTokens,
            KvTokens = forKv * spec.KvUtilization * capacity.KvTokens,
            ForKv = forKv,
            ForThroughput = spec.TokensPerSecondPerReplica is { } trusted
                ? output / (spec.Throughput * trusted)
                : (work + backlog) / (spec.Throughput * usable),
            ForLatency = bySight is { } latency ? Math.Max((work + backlog) / latency, Saturated(spec, signals, rate, queued, drain)) : 0,
            LeadTime = lead,
            Correction = byModel is { } expected && bySight is { } seen ? seen / expected : 1,
        };
    }

    // With a queue the replicas do what they can, and that is measured: what they complete. What arrives and what waits takes as many times as many of them.
    private static double Saturated(ScalingPolicySpec spec, ScalingSignals signals, double rate, double queued, double drain) =>
        Queue.IsLong(spec, signals, queued)
            ? signals.Ready * Math.Min(MostAtOnce, (rate + queued / drain) / Math.Max(Queue.Completed(signals), rate / MostAtOnce))
            : 0;

    /// <summary>Requests that wait for a place in a batch, those held in front included; draining replicas' aside.</summary>
    public static double Queued(ScalingSignals signals)
    {
        var queued = signals.Held?.Value ?? 0;
        foreach (var replica in signals.PerReplica)
        {
            if (!replica.Draining) queued += replica.Queued?.Value ?? 0;
        }
        return queued;
    }

    /// <summary>The load at which every objective that has traffic just holds; null without objectives.</summary>
    private static double? UsableLoad(ScalingPolicySpec spec, ByMode<double> arrivals, LatencyEstimates priors, LatencyEstimates seen)
    {
        double? usable = null;
        if (arrivals.Off > 0 || arrivals.On <= 0)
        {
            Limit(spec.Latency.Off?.Ttft, seen.TtftOff ?? priors.TtftOff);
            Limit(spec.Latency.Off?.Itl, seen.ItlOff ?? priors.ItlOff);
        }
        if (arrivals.On > 0)
        {
            Limit(spec.Latency.On?.Ttft, seen.TtftOn ?? priors.TtftOn);
            Limit(spec.Latency.On?.Itl, seen.ItlOn ?? priors.ItlOn);
        }
        return usable;

        void Limit(TimeSpan? objective, double? atNoLoad)
        {
            if (objective is not { } longest || atNoLoad is not { } seconds) return;
            var load = Math.Clamp(1 - seconds / longest.TotalSeconds, LowestLoad, HighestLoad);
            usable = usable is { } known ? Math.Min(known, load) : load;
        }
    }

    // At a load u requests stay 1 / (1 - u) times as long as at no load, and hold their cache as much longer. So of what is in flight now, and so measured,
    // a share of 1 - u would be at no load; and with u = work / N, N = work + that share in caches is what just holds it: fewer replicas would be slower, and
    // more in flight. It will be as many times as much as what arrives now would hold over what the arrivals of a request's life ago hold: in that ratio
    // errors in lengths cancel. The model alone bounds it, since few in flight say little.
    private static double ForKv(
        ScalingPolicySpec spec, ReplicaCapacity capacity, ScalingState state, ByMode<LengthEstimate> lengths, ScalingSignals signals, ByMode<double> arrivals, double growth, double work, DateTimeOffset now)
    {
        var spread = state.Spread ?? Learning.PriorSpread;
        var off = capacity.KvTokensHeld(lengths.Off.PromptTokens, lengths.Off.OutputTokens, spread);
        var on = capacity.KvTokensHeld(lengths.On.PromptTokens, lengths.On.OutputTokens, spread);
        var (offInFlight, onInFlight) = (signals.Modes.Off.InFlight!.Value.Value, signals.Modes.On.InFlight!.Value.Value);
        var rate = arrivals.Off + arrivals.On;
        var mean = rate > 0 ? (arrivals.Off * off + arrivals.On * on) / rate : off;
        double used = 0;
        foreach (var replica in signals.PerReplica)
        {
            if (!replica.Draining) used += replica.KvTokensUsed?.Value ?? 0;
        }
        var held = Math.Max(used, offInFlight * off + onInFlight * on + (signals.Held?.Value ?? 0) * mean) / capacity.KvTokens;
        var life = TimeSpan.FromSeconds(Math.Clamp(RequestLives * (offInFlight + onInFlight) / Math.Max(0.01, rate), 60, ArrivalForecast.History.TotalSeconds));
        var recent = ArrivalForecast.Recent(state.Arrivals, now, life);
        var ratio = Weight(arrivals) / Math.Max(1e-9, Weight(recent));
        var load = Math.Clamp((state.WorkFactor ?? 1) * Work(capacity, lengths, spread, recent.Off, recent.On) / Math.Max(1, signals.Ready), 0, HighestLoad);
        var modelled = capacity.StepSeconds * Weight(arrivals) / capacity.KvTokens / (1 - load);
        var expected = Math.Max(growth * held, Math.Min(ratio * held, modelled)) / spec.KvUtilization;
        // Above the target the first is the larger, below it the second: both are continuous where they meet, and more load never asks for less.
        return Math.Max(expected, work + expected * (1 - load));

        double Weight(ByMode<double> rates) => rates.Off * lengths.Off.OutputTokens * off + rates.On * lengths.On.OutputTokens * on;
    }

    private static double Seconds(ReplicaCapacity capacity, LengthEstimate lengths, double spread) => capacity.WorkSeconds(lengths.PromptTokens, lengths.OutputTokens, spread);
}
