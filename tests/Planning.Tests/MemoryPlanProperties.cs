using CsCheck;

namespace Nemotron.Planning.Tests;

/// <summary>What holds for every model, GPU and request, in the catalogue or not.</summary>
public sealed class MemoryPlanProperties
{
    private static readonly Gen<AttentionSpec> Attention =
        from kvHeads in Gen.OneOf(1, 2, 4, 8)
        from perHead in Gen.OneOf(1, 2, 4, 8)
        from headDim in Gen.OneOf(64, 128)
        from window in Gen.OneOf<int?>(null, null, 512, 4096)
        from stores in Gen.OneOf(true, true, true, false)
        select new AttentionSpec
        {
            QueryHeads = kvHeads * perHead,
            KvHeads = kvHeads,
            KeyHeadDim = headDim,
            ValueHeadDim = headDim,
            WindowTokens = window,
            StoresCache = stores,
        };

    private static readonly Gen<MambaSpec> Mamba =
        from groups in Gen.OneOf(1, 2, 8)
        from perGroup in Gen.Int[1, 16]
        from state in Gen.OneOf(64, 128, 256)
        select new MambaSpec { Heads = groups * perGroup, HeadDim = 64, Groups = groups, StateSize = state, ConvKernel = 4, ConvStateColumns = 3 };

    private static readonly Gen<LayerSpec> Layer =
        from kind in Gen.Int[0, 5]
        from attention in Attention
        from mamba in Mamba
        from width in Gen.Int[1, 64]
        select kind switch
        {
            0 => new LayerSpec { Mamba = mamba },
            1 => new LayerSpec { Ffn = new FfnSpec(width * 256, Gated: false) },
            2 => LayerSpec.Empty,
            3 => new LayerSpec { LinearAttention = true, Ffn = new FfnSpec(width * 256, Gated: true) },
            4 => new LayerSpec { Attention = attention },
            _ => new LayerSpec { Attention = attention, Ffn = new FfnSpec(width * 256, Gated: true) },
        };

    private static readonly Gen<ModelEntry> Model = Gen.Frequency(
        (1, Gen.OneOf(ModelCatalogue.Default.Models.ToArray())),
        (2, from hidden in Gen.Int[1, 64]
            from vocabulary in Gen.Int[1, 200_000]
            from tied in Gen.Bool
            from meta in Gen.OneOf(0, 0, 128)
            from runs in Gen.Select(Gen.Int[1, 8], Layer, (count, layer) => new LayerRun(count, layer)).Array[1, 12]
            select Plans.Entry(new ModelArchitecture(hidden * 128, vocabulary, tied, 131072, runs, meta))));

    private static readonly Gen<PlanRequest> Request =
        from model in Model
        from gpu in Gen.OneOf(GpuCatalogue.Default.Gpus.ToArray())
        from tp in Gen.OneOf<int?>(null, 1, 2, 4, 8)
        from pp in Gen.Int[1, 4]
        from precision in Gen.Enum<Precision>()
        from kv in Gen.Enum<KvPrecision>()
        from engine in Gen.Enum<EngineKind>()
        from context in Gen.Int[1, 200_000]
        from concurrency in Gen.Int[1, 300]
        select new PlanRequest
        {
            Model = model,
            Gpu = gpu,
            TensorParallel = tp,
            PipelineParallel = Math.Min(pp, model.Architecture.LayerCount),
            Precision = precision,
            KvPrecision = kv,
            Engine = engine,
            ContextTokens = context,
            Concurrency = concurrency,
            MultiNode = true,
        };

    [Fact]
    public void More_tensor_parallelism_never_needs_more_memory_per_gpu() => Request.Sample(request =>
    {
        MemoryPlan? before = null;
        foreach (var degree in TensorParallelRules.Allowed(request.Model.Architecture, request.Engine, most: 32))
        {
            var plan = MemoryPlanner.Plan(request with { TensorParallel = degree });
            if (before is not null)
            {
                plan.WeightsBytesPerGpu.ShouldBeLessThanOrEqualTo(before.WeightsBytesPerGpu);
                plan.KvBytesPerTokenPerGpu.ShouldBeLessThanOrEqualTo(before.KvBytesPerTokenPerGpu);
                plan.StateBytesPerSequencePerGpu.ShouldBeLessThanOrEqualTo(before.StateBytesPerSequencePerGpu);
                plan.ActivationBytes.ShouldBeLessThanOrEqualTo(before.ActivationBytes);
            }
            before = plan;
        }
    }, iter: 400);

    [Fact]
    public void No_catalogue_model_needs_more_memory_on_more_gpus_buffers_included()
    {
        foreach (var model in ModelCatalogue.Default.Models)
        foreach (var precision in Enum.GetValues<Precision>())
        {
            var used = TensorParallelRules.Allowed(model.Architecture, most: 32)
                .Select(degree => MemoryPlanner.Plan(new PlanRequest { Model = model, Gpu = Plans.Gpu("B200-SXM"), TensorParallel = degree, Precision = precision, MultiNode = true }))
                .Select(plan => plan.WeightsBytesPerGpu + plan.ActivationBytes + plan.NcclBytes).ToArray();
            used.SequenceEqual(used.OrderDescending()).ShouldBeTrue($"{model.Name} {precision}");
        }
    }

    [Fact]
    public void What_is_planned_never_exceeds_what_is_free() => Request.Sample(request =>
    {
        var plan = MemoryPlanner.Plan(request);
        plan.KvTokens.ShouldBeGreaterThanOrEqualTo(0);
        foreach (var stage in plan.Stages)
        {
            var free = Math.Max(0, plan.GpuBytes - stage.WeightBytes - plan.ActivationBytes - plan.NcclBytes);
            stage.BudgetBytes.ShouldBeLessThanOrEqualTo(free);
            (plan.KvTokens * stage.KvBytesPerToken).ShouldBeLessThanOrEqualTo(stage.BudgetBytes);
            if (plan.MaxSequences > 0) (plan.MaxSequences * stage.BytesPerSequence).ShouldBeLessThanOrEqualTo(stage.BudgetBytes);
        }
    }, iter: 2000);

    [Fact]
    public void Shares_of_the_gpus_add_up_to_the_model_and_its_copies() => Model.Sample(model =>
    {
        var architecture = model.Architecture;
        foreach (var tp in TensorParallelRules.Allowed(architecture, EngineKind.TrtLlmServe, most: 16))
        {
            var whole = Sum(architecture, 1);
            var shares = Sum(architecture, tp);
            (shares.Ffn * tp).ShouldBe(whole.Ffn + Linear(architecture, tp, layer => layer.LinearFfn));
            (shares.Conv * tp).ShouldBe(whole.Conv);
            var copies = architecture.Runs.Sum(run => run.Count * Copies(run.Layer.Attention, tp)) * architecture.HiddenSize;
            (shares.Attention * tp).ShouldBe(whole.Attention + copies + Linear(architecture, tp, layer => layer.LinearAttention));
            var padding = (architecture.VocabularySize + tp - 1) / tp * tp - architecture.VocabularySize;
            if (!architecture.TiedEmbeddings) (shares.LmHead * tp).ShouldBe(whole.LmHead + (long)padding * architecture.HiddenSize);
        }
    }, iter: 500);

    [Fact]
    public void What_fits_at_a_context_fits_at_a_shorter_one_and_with_fewer_sequences() => Request.Sample(request =>
    {
        var plan = MemoryPlanner.Plan(request);
        if (!plan.MemoryFits) return;
        if (request.ContextTokens > 1)
            MemoryPlanner.Plan(request with { TensorParallel = plan.TensorParallel, ContextTokens = request.ContextTokens - 1 }).MemoryFits.ShouldBeTrue();
        if (request.Concurrency > 1)
            MemoryPlanner.Plan(request with { TensorParallel = plan.TensorParallel, Concurrency = request.Concurrency - 1 }).MemoryFits.ShouldBeTrue();
    }, iter: 1500);

    [Fact]
    public void The_smallest_degree_fits_and_no_smaller_one_does() => Request.Sample(request =>
    {
        var smallest = MemoryPlanner.Plan(request).MinTensorParallel;
        foreach (var degree in TensorParallelRules.Allowed(request.Model.Architecture, request.Engine).Where(degree => TensorParallelRules.WholeBlocks(request.Model, request.Precision, degree)))
        {
            if (degree > smallest) break;
            MemoryPlanner.Plan(request with { TensorParallel = degree }).MemoryFits.ShouldBe(degree == smallest);
        }
    }, iter: 500);

    [Fact]
    public void Nothing_overflows_at_the_ends_of_the_ranges() => Gen.Select(
        Model, Gen.OneOf(1, TensorParallelRules.Largest), Gen.OneOf(1, 64), Gen.OneOf(1, MemoryPlanner.MaxContextTokens),
        Gen.OneOf(1, MemoryPlanner.MaxConcurrency), Gen.OneOf(1, MemoryPlanner.MaxGpuMemoryMiB), Gen.Enum<EngineKind>(),
        Gen.OneOf(1, MemoryPlanner.MaxConcurrency)).Sample((model, tp, pp, context, concurrency, memory, engine, batched) =>
    {
        var plan = MemoryPlanner.Plan(new PlanRequest
        {
            Model = model,
            GpuMemoryMiB = memory,
            TensorParallel = tp,
            PipelineParallel = pp,
            ContextTokens = context,
            Concurrency = concurrency,
            Engine = engine,
            MaxBatchedTokens = batched,
        });
        plan.KvTokens.ShouldBeGreaterThanOrEqualTo(0);
        plan.MaxSequences.ShouldBeGreaterThanOrEqualTo(0);
        plan.BytesPerSequenceAtContext.ShouldBeGreaterThanOrEqualTo(0);
        plan.ActivationBytes.ShouldBeGreaterThan(0);
        plan.WeightsBytesPerGpu.ShouldBeGreaterThan(0);
        plan.HeadroomBytes.ShouldBeLessThanOrEqualTo(plan.GpuBytes);
        (plan.HeadroomBytes >= 0 && plan.CacheBudgetBytes > 0).ShouldBe(plan.MemoryFits && plan.Stages.All(stage => stage.BudgetBytes > 0));
        plan.Lines.Count.ShouldBeGreaterThan(0);
    }, iter: 1500);

    [Fact]
    public void The_largest_architecture_that_a_file_may_hold_does_not_overflow()
    {
        var layer = new LayerSpec
        {
            Attention = new AttentionSpec { QueryHeads = 1 << 14, KvHeads = 1 << 14, KeyHeadDim = 64, ValueHeadDim = 64 },
            Mamba = new MambaSpec { Heads = 1 << 14, HeadDim = 64, Groups = 1 << 14, StateSize = 1 << 14, ConvKernel = 64, ConvStateColumns = 64 },
            Ffn = new FfnSpec(1 << 22, Gated: true, Bias: true),
        };
        var architecture = new ModelArchitecture(1 << 18, 1 << 24, false, 1 << 24, [new LayerRun(ModelArchitecture.MaxLayers, layer)], 1 << 16);
        foreach (var engine in Enum.GetValues<EngineKind>())
        {
            var plan = MemoryPlanner.Plan(new PlanRequest
            {
                Model = Plans.Entry(architecture),
                GpuMemoryMiB = MemoryPlanner.MaxGpuMemoryMiB,
                TensorParallel = 1,
                Concurrency = MemoryPlanner.MaxConcurrency,
                MaxBatchedTokens = MemoryPlanner.MaxConcurrency,
                Engine = engine,
            });
            plan.Parameters.ShouldBeGreaterThan(2048L * 3 * (1L << 40));
            plan.BytesPerSequenceAtContext.ShouldBeGreaterThan(2048L * (1L << 24) * (1 << 21));
            plan.Fits.ShouldBeFalse();
            plan.HeadroomBytes.ShouldBeLessThan(0);
            plan.KvTokens.ShouldBe(0);
        }
    }

    private static TensorTally Sum(ModelArchitecture architecture, int tp)
    {
        var sum = LayerTable.Edges(architecture, tp, first: true, last: true, onlyStage: true);
        foreach (var run in architecture.Runs) sum.Add(LayerShard.Of(run.Layer, architecture.HiddenSize, tp), run.Count);
        return sum;
    }

    // KV heads that exist more than once because the group outnumbers them, as columns of the key and value projections.
    private static long Copies(AttentionSpec? attention, int tp) => attention is { StoresCache: true }
        ? (long)(Math.Max(attention.KvHeads, tp) - attention.KvHeads) * (attention.KeyHeadDim + attention.ValueHeadDim)
        : 0;

    // A linear replacement is split by columns, padded where they do not divide.
    private static long Linear(ModelArchitecture architecture, int tp, Func<LayerSpec, bool> has) =>
        architecture.Runs.Sum(run => has(run.Layer) ? run.Count : 0L)
        * architecture.HiddenSize * ((architecture.HiddenSize + tp - 1) / tp * tp - architecture.HiddenSize);
}
