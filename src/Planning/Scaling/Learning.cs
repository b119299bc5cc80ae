namespace Nemotron.Planning.Scaling;

/// <summary>What the running fleet shows of lengths and latency, taken over with forgetting.</summary>
internal static class Learning
{
    // Lengths of so many requests are taken for granted before any was seen, and forgotten with this time.
    private const double PriorRequests = 20;
    private const double PriorPromptTokens = 600;
    private const double PriorOutputTokens = 200;
    private const double ForgetLengthsSeconds = 400;

    // A latency percentile over a minute is noisy: it is followed slowly, and no further than the bounds.
    private const double FollowLatencySeconds = 240;
    private const double LeastOfPrior = 0.3;
    private const double MostOfPrior = 6;

    // Outputs are spread about as an exponential's until the cache shows otherwise.
    public const double PriorSpread = 2;
    private const double LeastSpread = 1;
    private const double MostSpread = 4;
    private const double FollowSpreadSeconds = 300;
    private const double FewInFlight = 10;

    private const double LeastWorkFactor = 0.85;
    private const double MostWorkFactor = 1.6;
    private const double FollowWorkSeconds = 450;
    private const double LeastLoadLearntFrom = 0.3;

    // Above this load latency says how long the overload has lasted, not what a replica can do.
    private const double HighestLoadLearntFrom = 0.92;
    private const double LeadTimeWeight = 0.5;

    /// <summary>Means of prompt and output, with priors where little was seen.</summary>
    public static ByMode<LengthEstimate> Lengths(ScalingState state, ReplicaCapacity capacity)
    {
        var off = Blend(state.LengthsOff, PriorPromptTokens, PriorOutputTokens);
        var on = Blend(state.LengthsOn, off.PromptTokens, capacity.ThinkingFactor * off.OutputTokens);
        return new ByMode<LengthEstimate>(off, on);
    }

    public static ScalingState Observe(ScalingSignals signals, ScalingState state, double seconds)
    {
        if (signals.MeasuredLeadTime is { } lead && lead > TimeSpan.Zero)
            state = state with { LeadTime = state.LeadTime is { } known ? known + LeadTimeWeight * (lead - known) : lead };
        if (seconds <= 0) return state;
        return state with
        {
            LengthsOff = Follow(state.LengthsOff, signals.Modes.Off, seconds),
            LengthsOn = Follow(state.LengthsOn, signals.Modes.On, seconds),
        };
    }

    /// <summary>Follows the latency percentiles, given the load that they were measured at.</summary>
    public static LatencyEstimates Follow(LatencyEstimates known, LatencyEstimates priors, ScalingSignals signals, double load, double seconds)
    {
        if (seconds <= 0 || load is < 0 or > HighestLoadLearntFrom) return known;
        return new LatencyEstimates(
            One(known.TtftOff, priors.TtftOff, signals.Modes.Off.TtftSeconds, signals.Modes.Off),
            One(known.TtftOn, priors.TtftOn, signals.Modes.On.TtftSeconds, signals.Modes.On),
            One(known.ItlOff, priors.ItlOff, signals.Modes.Off.ItlSeconds, signals.Modes.Off),
            One(known.ItlOn, priors.ItlOn, signals.Modes.On.ItlSeconds, signals.Modes.On));

        double? One(double? estimate, double? prior, Reading? measured, ModeSignals mode)
        {
            if (measured is not { } latency || prior is not { } expected) return estimate;
            // A percentile of few requests says little.
            var trust = Math.Min(1, (mode.Completions?.Value ?? 0) * 60 / 100);
            var weight = 1 - Math.Exp(-trust * seconds / FollowLatencySeconds);
            var seen = Math.Clamp(latency.Value * (1 - load), LeastOfPrior * expected, MostOfPrior * expected);
            return estimate is { } before ? before + weight * (seen - before) : expected + weight * (seen - expected);
        }
    }

    /// <summary>Follows the spread of the outputs: the cache in use is that of prompts and, by the mean, of half the outputs of those in flight.</summary>
    public static double? FollowSpread(double? known, ByMode<LengthEstimate> lengths, ScalingSignals signals, double seconds)
    {
        double used = 0;
        var any = false;
        foreach (var replica in signals.PerReplica)
        {
            if (replica.KvTokensUsed is not { } tokens) return known;
            used += tokens.Value;
            any = true;
        }
        var (off, on) = (signals.Modes.Off.InFlight!.Value.Value, signals.Modes.On.InFlight!.Value.Value);
        var outputs = 0.5 * (off * lengths.Off.OutputTokens + on * lengths.On.OutputTokens);
        if (!any || off + on < FewInFlight || outputs <= 0) return known;
        var seen = Math.Clamp((used - off * lengths.Off.PromptTokens - on * lengths.On.PromptTokens) / outputs, LeastSpread, MostSpread);
        var weight = 1 - Math.Exp(-seconds / FollowSpreadSeconds);
        return (known ?? PriorSpread) + weight * (seen - (known ?? PriorSpread));
    }

    /// <summary>
    /// Follows how much work requests are: those in flight over the tokens per second is the time of a token, by Little's law, which at a load u is the
    /// step's over 1 − u.
    /// </summary>
    public static double? FollowWork(double? known, ReplicaCapacity capacity, ScalingSignals signals, double modelled, double seconds)
    {
        var (off, on) = (signals.Modes.Off, signals.Modes.On);
        var inFlight = signals.InFlight;
        if (off.OutputTokens is not { } offTokens || on.OutputTokens is not { } onTokens || inFlight < FewInFlight || modelled <= 0) return known;
        var load = 1 - capacity.StepSeconds * (offTokens.Value + onTokens.Value) / inFlight;
        var expected = modelled / signals.Ready;
        if (expected < LeastLoadLearntFrom) return known;
        var seen = Math.Clamp(load / expected, LeastWorkFactor, MostWorkFactor);
        var weight = 1 - Math.Exp(-seconds / FollowWorkSeconds);
        return (known ?? 1) + weight * (seen - (known ?? 1));
    }

    private static LengthEstimate Blend(LengthEstimate seen, double promptTokens, double outputTokens)
    {
        var weight = PriorRequests + seen.Weight;
        return new LengthEstimate(
            (PriorRequests * promptTokens + seen.Weight * seen.PromptTokens) / weight,
            (PriorRequests * outputTokens + seen.Weight * seen.OutputTokens) / weight,
            weight);
    }

    // Tokens over ends: of the requests in flight the tokens so far count though their ends are to come. After a change of modes the first to end are
    // the short ones, and their mean would be too low; this one is not, for lengths that are spread as an exponential's.
    private static LengthEstimate Follow(LengthEstimate known, ModeSignals mode, double seconds)
    {
        if (mode is not { Completions: { } completions, PromptTokens: { } prompt, OutputTokens: { } output }) return known;
        var kept = known.Weight * Math.Exp(-seconds / ForgetLengthsSeconds);
        var added = completions.Value * seconds;
        if (kept + added <= 0) return known;
        return new LengthEstimate(
            added > 0 ? (kept * known.PromptTokens + seconds * prompt.Value) / (kept + added) : known.PromptTokens,
            (kept * known.OutputTokens + seconds * output.Value) / (kept + added),
            kept + added);
    }
}
