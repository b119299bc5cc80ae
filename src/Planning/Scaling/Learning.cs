namespace Nemotron.Planning.Scaling;

/// <summary>What the running fleet shows of lengths and latency, taken over with forgetting.</summary>
internal static class Learning
{
    // Lengths of so many requests are taken for granted before any was seen, and forgotten with this time.
    private const double PriorRequests = 20;
    private const double PriorPromptTokens = 600;
    private const double PriorOutputTokens = 200;
    private const double ForgetLengthsSeconds = 900;

    // A latency percentile over a minute is noisy: it is followed slowly, and no further than the bounds.
    private const double FollowLatencySeconds = 240;
    private const double LeastOfPrior = 0.3;
    private const double MostOfPrior = 6;

    // Above this load latency says how long the overload has lasted, not what a replica can do.
    private const double HighestLoadLearntFrom = 0.92;
    private const double ForgetBudgetSeconds = 1800;
    private const double LeadTimeWeight = 0.5;

    /// <summary>Means of prompt and output, with priors where little was seen.</summary>
    public static ByMode<LengthEstimate> Lengths(ScalingState state, ReplicaCapacity capacity)
    {
        var off = Blend(state.LengthsOff, PriorPromptTokens, PriorOutputTokens);
        var on = Blend(state.LengthsOn, off.PromptTokens, capacity.ThinkingFactor * off.OutputTokens);
        return new ByMode<LengthEstimate>(off, on);
    }

    public static ScalingState Observe(ScalingPolicySpec spec, ReplicaCapacity capacity, ScalingSignals signals, ScalingState state, double seconds)
    {
        if (signals.MeasuredLeadTime is { } lead && lead > TimeSpan.Zero)
            state = state with { LeadTime = state.LeadTime is { } known ? known + LeadTimeWeight * (lead - known) : lead };
        if (seconds <= 0) return state;
        var budget = state.Budget;
        var kept = Math.Exp(-seconds / ForgetBudgetSeconds);
        budget = new BudgetEstimate(kept * budget.Beyond, kept * budget.Requests);
        return state with
        {
            LengthsOff = Follow(state.LengthsOff, signals.Modes.Off, seconds),
            LengthsOn = Follow(state.LengthsOn, signals.Modes.On, seconds),
            Budget = Spend(Spend(budget, signals.Modes.Off, spec.Latency.Off, seconds), signals.Modes.On, spec.Latency.On, seconds),
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

    private static LengthEstimate Blend(LengthEstimate seen, double promptTokens, double outputTokens)
    {
        var weight = PriorRequests + seen.Weight;
        return new LengthEstimate(
            (PriorRequests * promptTokens + seen.Weight * seen.PromptTokens) / weight,
            (PriorRequests * outputTokens + seen.Weight * seen.OutputTokens) / weight,
            weight);
    }

    private static LengthEstimate Follow(LengthEstimate known, ModeSignals mode, double seconds)
    {
        if (mode is not { Completions: { Value: > 0 } completions, PromptTokens: { } prompt, CompletedTokens: { } output }) return known;
        var kept = known.Weight * Math.Exp(-seconds / ForgetLengthsSeconds);
        var added = completions.Value * seconds;
        return new LengthEstimate(
            (kept * known.PromptTokens + added * prompt.Value / completions.Value) / (kept + added),
            (kept * known.OutputTokens + added * output.Value / completions.Value) / (kept + added),
            kept + added);
    }

    private static BudgetEstimate Spend(BudgetEstimate budget, ModeSignals mode, LatencyObjective? objective, double seconds)
    {
        if (objective is null || mode is not { WithinObjectives: { } within, Completions: { } completions }) return budget;
        var requests = completions.Value * seconds;
        return new BudgetEstimate(budget.Beyond + requests * (1 - within.Value), budget.Requests + requests);
    }
}
