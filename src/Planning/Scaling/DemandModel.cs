namespace Nemotron.Planning.Scaling;

/// <summary>Turns arrivals, lengths and what waits into replicas, by KV cache, by throughput and by latency.</summary>
internal static class DemandModel
{
    // What is taken for the objectives' percentile before it is measured, over a request alone: neighbours' prompts come in between.
    private const double ItlPriorFactor = 1.5;
    private const double TtftPriorPrompts = 4;

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
        ScalingPolicySpec spec, ReplicaCapacity capacity, ScalingState state, ByMode<LengthEstimate> lengths, ScalingSignals signals, ByMode<double> arrivals, double growth, TimeSpan lead)
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
        var meanOutput = rate > 0 ? output / rate : lengths.Off.OutputTokens;
        var priors = Priors(capacity, lengths);
        var byModel = UsableLoad(spec, arrivals, priors, new LatencyEstimates());
        var bySight = UsableLoad(spec, arrivals, priors, state.Latency);
        var headroom = Headroom(spec, state.Budget);
        var (held, coming) = Kv(capacity, lengths, spread, signals, arrivals);
        var forKv = capacity.KvTokens > 0 ? Math.Max(growth * held / (spec.KvUtilization * capacity.KvTokens), work + coming / (spec.KvUtilization * capacity.KvTokens)) : 0;
        var full = capacity.LoadAt(MostSequences(capacity, lengths, spread, arrivals), meanWork, meanOutput);
        var usable = Math.Min(full, bySight ?? HighestLoad);
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
            ForLatency = bySight is { } latency ? Math.Max(headroom * (work + backlog) / latency, Saturated(signals, rate, queued, drain)) : 0,
            LeadTime = lead,
            Correction = byModel is { } expected && bySight is { } seen ? seen / expected : 1,
        };
    }

    // With a queue the replicas do what they can, and that is measured: what they complete. What arrives and what waits takes as many times as many of them.
    private static double Saturated(ScalingSignals signals, double rate, double queued, double drain)
    {
        var completed = (signals.Modes.Off.Completions?.Value ?? 0) + (signals.Modes.On.Completions?.Value ?? 0);
        if (queued <= signals.Ready || completed <= 0) return 0;
        return signals.Ready * Math.Min(MostAtOnce, (rate + queued / drain) / completed);
    }

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

    // More while the allowance is overspent, less while hardly any of it is spent.
    private static double Headroom(ScalingPolicySpec spec, BudgetEstimate budget)
    {
        const double fewRequests = 300;
        if (budget.Requests < fewRequests) return 1;
        var spent = budget.Beyond / budget.Requests / Math.Max(0.001, 1 - spec.LatencyPercentile / 100);
        return spent > 1 ? Math.Min(1.3, 1 + 0.1 * (spent - 1)) : Math.Max(0.9, 1 - 0.1 * (1 - spent));
    }

    // The cache of what is in flight and held in front now, and of what will be in flight at no load. At a load u of N replicas requests stay 1 / (1 - u)
    // times as long; with u = work / N, what N replicas hold is enough from N = work + coming / (cache of a replica) on.
    private static (double Held, double Coming) Kv(ReplicaCapacity capacity, ByMode<LengthEstimate> lengths, double spread, ScalingSignals signals, ByMode<double> arrivals)
    {
        var off = capacity.KvTokensHeld(lengths.Off.PromptTokens, lengths.Off.OutputTokens, spread);
        var on = capacity.KvTokensHeld(lengths.On.PromptTokens, lengths.On.OutputTokens, spread);
        var coming = capacity.StepSeconds * (arrivals.Off * lengths.Off.OutputTokens * off + arrivals.On * lengths.On.OutputTokens * on);
        var rate = arrivals.Off + arrivals.On;
        var mean = rate > 0 ? (arrivals.Off * off + arrivals.On * on) / rate : off;
        var held = signals.Modes.Off.InFlight!.Value.Value * off + signals.Modes.On.InFlight!.Value.Value * on + (signals.Held?.Value ?? 0) * mean;
        double used = 0;
        foreach (var replica in signals.PerReplica)
        {
            if (!replica.Draining) used += replica.KvTokensUsed?.Value ?? 0;
        }
        return (Math.Max(used, held), coming);
    }

    private static double MostSequences(ReplicaCapacity capacity, ByMode<LengthEstimate> lengths, double spread, ByMode<double> arrivals)
    {
        if (capacity.KvTokens == 0) return capacity.MaxSequences;
        // In flight, modes are mixed by how long their requests stay.
        var off = arrivals.Off * lengths.Off.OutputTokens;
        var on = arrivals.On * lengths.On.OutputTokens;
        var heldOff = capacity.KvTokensHeld(lengths.Off.PromptTokens, lengths.Off.OutputTokens, spread);
        var heldOn = capacity.KvTokensHeld(lengths.On.PromptTokens, lengths.On.OutputTokens, spread);
        var held = off + on > 0 ? (off * heldOff + on * heldOn) / (off + on) : heldOff;
        return Math.Clamp(capacity.KvTokens / held, 1, capacity.MaxSequences);
    }

    private static double Seconds(ReplicaCapacity capacity, LengthEstimate lengths, double spread) => capacity.WorkSeconds(lengths.PromptTokens, lengths.OutputTokens, spread);
}
