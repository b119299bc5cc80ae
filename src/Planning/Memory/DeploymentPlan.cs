namespace Nemotron.Planning;

/// <summary>
/// The memory plan of a deployment, which may leave the longest context and the number of sequences open. A model with recurrent state is planned for as many
/// sequences as its engine is started with, since the engine sets the state of each aside when it starts. Pure.
/// </summary>
public static class DeploymentPlan
{
    /// <summary>What a replica must hold of a context that nobody asked for, and the length that sequences are counted at: a model that cannot hold a conversation of this many tokens does not fit in any useful sense.</summary>
    public const int UsefulContext = 4096;

    /// <summary>The most sequences an engine is started with unasked: it handles no more of them well.</summary>
    public const int MostUnaskedSequences = 512;

    /// <summary>Plans.</summary>
    /// <param name="request">What is asked besides context and number of sequences, which are overwritten.</param>
    /// <param name="context">The longest context in tokens; null for whatever the memory holds.</param>
    /// <param name="sequences">Sequences at once; null for as many as the memory is good for.</param>
    /// <exception cref="ArgumentException">As for <see cref="MemoryPlanner.Plan"/>.</exception>
    public static MemoryPlan Of(PlanRequest request, int? context, int? sequences)
    {
        var hybrid = request.Model.Architecture.HasMamba;
        var stages = Batches(request.Engine, request.PipelineParallel);
        var plan = MemoryPlanner.Plan(request with
        {
            ContextTokens = context ?? UsefulContext,
            // Without state, sequences of no known length ask for nothing: only one block must fit.
            Concurrency = hybrid ? (int)Math.Min(CacheBytes.RoundUp(sequences ?? 1, stages), int.MaxValue) : context is null ? 1 : sequences ?? 1,
        });
        return hybrid && sequences is null && plan.Fits ? Filled(plan, stages) : plan;
    }

    /// <summary>The largest batch to start an engine with for so many sequences at once: TensorRT-LLM has one in each pipeline stage (facts B.2).</summary>
    /// <param name="sequences">Sequences over the whole replica, at least 1.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="pipelineParallel">Pipeline stages.</param>
    public static int BatchSize(int sequences, EngineKind engine, int pipelineParallel) =>
        (int)(CacheBytes.RoundUp(sequences, Batches(engine, pipelineParallel)) / Batches(engine, pipelineParallel));

    private static int Batches(EngineKind engine, int pipelineParallel) => engine is EngineKind.TrtLlmServe or EngineKind.Triton ? Math.Max(1, pipelineParallel) : 1;

    // As many sequences of usual length as fit, in batches of one size, but no more than leave room for the tokens of the longest beside their state.
    private static MemoryPlan Filled(MemoryPlan one, int batches)
    {
        var usual = one.Request with { TensorParallel = one.TensorParallel, ContextTokens = Math.Min(one.ContextTokens, UsefulContext) };
        var (fits, tooMany) = (1, (int)Math.Min(MemoryPlanner.Plan(usual).MaxSequences, MostUnaskedSequences) / batches + 1);
        while (tooMany - fits > 1)
        {
            var tried = fits + (tooMany - fits) / 2;
            if (MemoryPlanner.Plan(usual with { Concurrency = tried * batches }).KvTokens >= one.ContextTokens) fits = tried;
            else tooMany = tried;
        }
        var filled = MemoryPlanner.Plan(usual with { Concurrency = fits * batches });
        filled.Findings = [.. one.Findings.Where(finding => finding.Kind == PlanFindingKind.ContextBeyondModel), .. filled.Findings];
        return filled;
    }
}
