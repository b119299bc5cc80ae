namespace Nemotron.Planning.Capacity;

/// <summary>How an engine schedules and what its software takes: facts of the engine, not of a model or a GPU.</summary>
public sealed record EngineProfile
{
    /// <summary>The engine's name, for people.</summary>
    public required string Name { get; init; }

    /// <summary>The servers that run it.</summary>
    public required IReadOnlyList<EngineKind> Kinds { get; init; }

    /// <summary>The most sequences that run at once, unless the deployment says otherwise.</summary>
    public required int MaxSequences { get; init; }

    /// <summary>The most tokens of one step, unless the deployment says otherwise.</summary>
    public required int MaxBatchedTokens { get; init; }

    /// <summary>Whether a prompt may be prefilled over several steps.</summary>
    public required bool ChunkedPrefill { get; init; }

    /// <summary>Whether prefill and decode share a step; false where waiting prompts are prefilled first and decoding stands still.</summary>
    public required bool MixedSteps { get; init; }

    /// <summary>Whether the host prepares a step while the GPU runs the one before.</summary>
    public required bool OverlappedHost { get; init; }

    /// <summary>Whether the batch of a step is made up when the step before starts, so that a request that comes later misses it.</summary>
    public required bool ScheduledAhead { get; init; }

    /// <summary>
    /// Share of the output still to come that admission sets cache blocks aside for, in [0, 1]. 1 is TensorRT-LLM's GUARANTEED_NO_EVICT;
    /// below 1 the youngest sequence is preempted when blocks run out, and prefilled again later.
    /// </summary>
    public required double ReservedOutput { get; init; }

    /// <summary>Whether FP8 activations are scaled at run time even where the checkpoint brings scales.</summary>
    public bool DynamicScales { get; init; }

    /// <summary>Precision of the KV cache beside quantised weights when nothing is said; null takes <see cref="PrecisionRules.DefaultKv"/>.</summary>
    public KvPrecision? QuantisedKv { get; init; }

    /// <summary>How the measured servers were set up, as far as it differs from the engine's defaults; inferred from the rows.</summary>
    public required MeasuredSetup Measured { get; init; }

    /// <summary>What later versions do otherwise, ascending.</summary>
    public IReadOnlyList<EngineVersion> Versions { get; init; } = [];

    /// <summary>What the engine's software takes.</summary>
    public required EngineOverheads Overheads { get; init; }

    /// <summary>The profile of one version.</summary>
    /// <param name="version">Such as <c>0.5.6.post2</c>; null or unreadable text takes the engine as it comes.</param>
    public EngineProfile AtVersion(string? version)
    {
        var profile = this;
        foreach (var change in Versions)
        {
            if (version is not null && EngineVersion.Compare(version, change.From) >= 0) profile = profile with { MixedSteps = change.MixedSteps };
        }
        return profile;
    }
}

/// <summary>How the servers of the measured rows were set up. The rows do not say; it is what explains them (<c>docs/capacity-model.md</c>).</summary>
/// <param name="OnePromptPerStep">Whether the token budget of a step was that of one prompt and of the running sequences.</param>
/// <param name="MemoryFraction">The engine's memory fraction, in (0, 1]; null takes the memory plan's.</param>
public sealed record MeasuredSetup(bool OnePromptPerStep, double? MemoryFraction);

/// <summary>What changes from a version on.</summary>
/// <param name="From">The first such version.</param>
/// <param name="MixedSteps">Whether prefill and decode share a step from there on.</param>
public sealed record EngineVersion(string From, bool MixedSteps)
{
    /// <summary>Compares two versions by their leading numbers; what is no number ends a version.</summary>
    /// <param name="left">One version.</param>
    /// <param name="right">The other.</param>
    public static int Compare(string left, string right)
    {
        var a = Numbers(left);
        var b = Numbers(right);
        for (var i = 0; i < Math.Max(a.Count, b.Count); i++)
        {
            var order = (i < a.Count ? a[i] : 0).CompareTo(i < b.Count ? b[i] : 0);
            if (order != 0) return order;
        }
        return 0;
    }

    private static List<int> Numbers(string version)
    {
        var numbers = new List<int>();
        foreach (var part in version.Trim().TrimStart('v').Split('.'))
        {
            var digits = part.AsSpan()[..(part.AsSpan().IndexOfAnyExceptInRange('0', '9') is var end and >= 0 ? end : part.Length)];
            if (!int.TryParse(digits, out var number)) break;
            numbers.Add(number);
            if (digits.Length < part.Length) break;
        }
        return numbers;
    }
}
