namespace Nemotron.Planning;

/// <summary>Works out whether a model fits on its GPUs and what the rest of the memory holds. Pure: same request, same plan.</summary>
public static class MemoryPlanner
{
    /// <summary>The largest GPU memory planned for, in MiB: 16 TiB.</summary>
    public const int MaxGpuMemoryMiB = 1 << 24;

    /// <summary>The longest context planned for, in tokens.</summary>
    public const int MaxContextTokens = 1 << 24;

    /// <summary>The most sequences, and the most tokens of one forward pass, planned for.</summary>
    public const int MaxConcurrency = 1 << 20;

    /// <summary>The most pipeline stages planned for.</summary>
    public const int MaxPipelineParallel = 64;

    /// <summary>Plans. What cannot be run is not an error but a plan with <see cref="MemoryPlan.Fits"/> false and the reasons in <see cref="MemoryPlan.Findings"/>.</summary>
    /// <param name="request">What to plan.</param>
    /// <exception cref="ArgumentException">The request names neither a GPU nor its memory.</exception>
    public static MemoryPlan Plan(PlanRequest request)
    {
        if (request.Gpu is null && request.GpuMemoryMiB is null)
            throw new ArgumentException("a plan needs a GPU type or the memory of one", nameof(request));
        var findings = new List<PlanFinding>();
        var inRange = PlanRules.InRange(request, findings);
        PlanRules.Check(inRange, findings);
        var architecture = inRange.Model.Architecture;
        var gpuBytes = (long)(inRange.GpuMemoryMiB ?? inRange.Gpu!.MemoryMiB) << 20;
        var kv = inRange.KvPrecision ?? PrecisionRules.DefaultKv(inRange.Precision);
        var math = new StageMath
        {
            Model = inRange.Model,
            Precision = inRange.Precision,
            Kv = kv,
            Ssm = inRange.SsmState ?? inRange.Model.SsmState,
            Engine = inRange.Engine,
            Fraction = inRange.MemoryFraction ?? MemoryReserve.DefaultFraction(inRange.Engine, gpuBytes),
            GpuBytes = gpuBytes,
            ContextTokens = inRange.ContextTokens ?? architecture.MaxContextTokens,
            BatchedTokens = inRange.MaxBatchedTokens,
        };

        var stages = new StageFigures[inRange.PipelineParallel];
        var smallest = SmallestThatFits(math, inRange, stages);
        var tp = inRange.TensorParallel ?? Chosen(inRange, smallest);
        var (binding, kvTokens) = Fill(math, stages, tp, inRange.Concurrency);
        var whole = math.Stage(1, 1, 0);
        var holds = stages[binding].MaxSequences >= inRange.Concurrency && WeightsFit(stages);
        var plan = new MemoryPlan(inRange, tp, stages, binding)
        {
            ContextTokens = math.ContextTokens,
            KvPrecision = kv,
            SsmState = math.Ssm,
            MemoryFraction = math.Fraction,
            GpuBytes = math.GpuBytes,
            Whole = whole,
            ActivationBytes = MemoryReserve.ActivationBytes(math.BatchedTokens, architecture.WidestAttention, tp),
            NcclBytes = MemoryReserve.NcclBytes(tp * stages.Length),
            KvTokens = kvTokens == long.MaxValue ? 0 : kvTokens,
            MinTensorParallel = smallest,
            MemoryFits = holds,
            LargestContextTokens = holds ? math.ContextTokens : LargestContext(math, stages, tp, inRange.Concurrency),
            Findings = findings,
        };
        if (!holds) findings.Insert(0, MemoryVerdict.Explain(plan));
        if (WideFfn.Warning(plan) is { } wide) findings.Add(wide);
        if (plan.Nodes > 1)
            findings.Add(new PlanFinding(
                PlanFindingKind.SpansNodes, false, $"a replica of {plan.Gpus} GPUs spans {plan.Nodes} nodes and starts and stops as one group"));
        return plan;
    }

    private static int? SmallestThatFits(in StageMath math, PlanRequest request, StageFigures[] stages)
    {
        foreach (var degree in request.Model.Architecture.Table.AllowedDegrees(request.Model.Architecture, request.Engine))
        {
            if (!TensorParallelRules.WholeBlocks(request.Model, request.Precision, degree)) continue;
            var (binding, _) = Fill(math, stages, degree, request.Concurrency);
            if (stages[binding].MaxSequences >= request.Concurrency && WeightsFit(stages)) return degree;
        }
        return null;
    }

    // Without a degree asked for: the smallest that fits, or else the largest that the domain and the model allow, to show how far off it is.
    private static int Chosen(PlanRequest request, int? smallest)
    {
        var domain = request.MultiNode ? TensorParallelRules.Largest : PlanRules.DomainGpus(request);
        if (smallest is { } degree && degree <= domain) return degree;
        var largest = 1;
        foreach (var allowed in request.Model.Architecture.Table.AllowedDegrees(request.Model.Architecture, request.Engine))
        {
            if (allowed <= domain && TensorParallelRules.WholeBlocks(request.Model, request.Precision, allowed)) largest = allowed;
        }
        return largest;
    }

    private static (int Binding, long KvTokens) Fill(in StageMath math, StageFigures[] stages, int tp, int concurrency)
    {
        var binding = 0;
        var tokens = long.MaxValue;
        for (var stage = 0; stage < stages.Length; stage++)
        {
            stages[stage] = math.Stage(tp, stages.Length, stage);
            tokens = Math.Min(tokens, math.KvTokens(stages[stage], concurrency));
            if (Tighter(stages[stage], stages[binding])) binding = stage;
        }
        return (binding, tokens);
    }

    // The fullest stage: fewest sequences, then the least left for them.
    private static bool Tighter(in StageFigures left, in StageFigures right) =>
        left.MaxSequences != right.MaxSequences ? left.MaxSequences < right.MaxSequences : left.BudgetBytes < right.BudgetBytes;

    // A stage that stores no cache still needs its weights and reserve to fit.
    private static bool WeightsFit(StageFigures[] stages)
    {
        foreach (var stage in stages)
        {
            if (stage.BudgetBytes == 0) return false;
        }
        return true;
    }

    private static int LargestContext(in StageMath math, StageFigures[] stages, int tp, int concurrency)
    {
        var largest = math.ContextTokens;
        foreach (var stage in stages) largest = Math.Min(largest, math.LargestContext(stage, tp, concurrency, largest));
        return largest;
    }
}
