namespace Nemotron.Planning.Tests;

public sealed class MemoryPlanTests
{
    private const long GiB = 1L << 30;

    [Fact]
    public void Bf16_weights_are_two_bytes_a_parameter() =>
        Plans.Plan("Super").WeightsBytesPerGpu.ShouldBe(2 * 49_867_145_216);

    [Fact]
    public void Fp8_keeps_embedding_head_and_norms_in_bf16_and_two_scales_a_matrix()
    {
        var parts = Plans.Model("Super").Architecture.Parameters;
        Plans.Plan("Super", precision: Precision.FP8).WeightsBytesPerGpu.ShouldBe(
            parts.Attention + parts.Ffn + 2 * (parts.Embedding + parts.LmHead + parts.Norm) + 8 * (49 * 4 + 80 * 3));
    }

    [Fact]
    public void Nano_v2_keeps_attention_and_convolution_in_bf16_too()
    {
        var parts = Plans.Model("Nemotron-Nano-9B-v2").Architecture.Parameters;
        Plans.Plan("Nemotron-Nano-9B-v2", precision: Precision.FP8).WeightsBytesPerGpu.ShouldBe(
            parts.Ffn + parts.Mamba + 2 * (parts.Attention + parts.Conv + parts.Embedding + parts.LmHead + parts.Norm) + 8 * (27 * 2 + 25 * 2));
    }

    [Fact]
    public void Trtllm_takes_its_fraction_of_what_is_free()
    {
        var plan = Plans.Plan("Super", precision: Precision.FP8);
        var free = plan.GpuBytes - plan.WeightsBytesPerGpu - plan.ActivationBytes - plan.NcclBytes;
        plan.CacheBudgetBytes.ShouldBe((long)(free * 0.95));
        plan.ActivationBytes.ShouldBe(2L * 8192 * 8192 * 11);
        plan.NcclBytes.ShouldBe(0);
    }

    [Fact]
    public void At_least_one_gibibyte_is_left_to_the_runtime()
    {
        var plan = Plans.Plan("Ultra", 8);
        plan.HeldBackBytes.ShouldBe(GiB);
        MemoryPlanner.Plan(Plans.Request("Nano") with { MemoryFraction = 1 }).HeldBackBytes.ShouldBe(GiB);
    }

    [Fact]
    public void Vllm_takes_its_fraction_of_the_whole_gpu()
    {
        var plan = MemoryPlanner.Plan(Plans.Request("Super", 2) with { Engine = EngineKind.Vllm, MemoryFraction = 0.8 });
        plan.CacheBudgetBytes.ShouldBe((long)(plan.GpuBytes * 0.8) - plan.WeightsBytesPerGpu - plan.ActivationBytes - plan.NcclBytes);
        plan.Fullest.BlockTokens.ShouldBe(16);
    }

    [Fact]
    public void The_nodes_memory_wins_over_the_types()
    {
        var plan = MemoryPlanner.Plan(Plans.Request("Nano") with { GpuMemoryMiB = 40000 });
        plan.GpuBytes.ShouldBe(40000L << 20);
        MemoryPlanner.Plan(new PlanRequest { Model = Plans.Model("Nano"), GpuMemoryMiB = 40000, ContextTokens = 8192, TensorParallel = 1 })
            .KvTokens.ShouldBe(plan.KvTokens);
    }

    [Theory]
    [InlineData(1, 32)]
    [InlineData(32, 32)]
    [InlineData(33, 64)]
    public void Sequences_cost_whole_blocks(int context, int kept) =>
        Plans.Plan("Nano", context: context).BytesPerSequenceAtContext.ShouldBe(kept * 131_072L);

    [Fact]
    public void Trtllm_keeps_one_more_state_for_padded_graphs()
    {
        var plan = MemoryPlanner.Plan(Plans.Request("Nemotron-Nano-9B-v2") with { Concurrency = 10 });
        plan.KvTokens.ShouldBe((plan.CacheBudgetBytes - 11 * 143_548_416L) / (16_384 * 32) * 32);
        plan.MaxSequences.ShouldBe((plan.CacheBudgetBytes - 143_548_416) / (143_548_416 + 8192L * 16_384));
    }

    [Fact]
    public void At_short_contexts_the_state_binds_and_at_long_ones_the_cache()
    {
        // The FP32 state of the 9B equals the cache of 8,762 tokens (facts A.5).
        Plans.Plan("Nemotron-Nano-9B-v2", context: 8704).Binding.ShouldBe(PlanBinding.State);
        Plans.Plan("Nemotron-Nano-9B-v2", context: 8800).Binding.ShouldBe(PlanBinding.KvCache);
    }

    [Fact]
    public void Weights_that_leave_nothing_bind()
    {
        var plan = Plans.Plan("Super");
        plan.Binding.ShouldBe(PlanBinding.Weights);
        (plan.Fits, plan.HoldsOneSequence, plan.KvTokens, plan.MaxSequences, plan.LargestContextTokens).ShouldBe((false, false, 0, 0, 0));
        plan.MinTensorParallel.ShouldBe(2);
        plan.Findings[0].Message.ShouldBe("92.88 GiB of weights and 2.38 GiB of reserve per GPU leave nothing of 79.65 GiB for the KV cache");
        plan.Findings[0].Fix.ShouldBe("tensorParallel 2");
    }

    [Fact]
    public void Too_much_asked_for_is_answered_with_every_smallest_change()
    {
        var plan = MemoryPlanner.Plan(Plans.Request("Super", 2, Precision.FP8, context: 32768) with { Concurrency = 64 });
        plan.Fits.ShouldBeFalse();
        plan.HoldsOneSequence.ShouldBeTrue();
        plan.HeadroomBytes.ShouldBeLessThan(0);
        plan.Findings[0].Fix.ShouldBe($"tensorParallel 4, or context {plan.LargestContextTokens}, or concurrency {plan.MaxSequences}");
        MemoryPlanner.Plan(plan.Request with { ContextTokens = plan.LargestContextTokens }).Fits.ShouldBeTrue();
        MemoryPlanner.Plan(plan.Request with { ContextTokens = plan.LargestContextTokens + 1 }).Fits.ShouldBeFalse();
        MemoryPlanner.Plan(plan.Request with { Concurrency = (int)plan.MaxSequences }).Fits.ShouldBeTrue();
        MemoryPlanner.Plan(plan.Request with { Concurrency = (int)plan.MaxSequences + 1 }).Fits.ShouldBeFalse();
        MemoryPlanner.Plan(plan.Request with { TensorParallel = 4 }).Fits.ShouldBeTrue();
    }

    [Fact]
    public void Without_a_degree_the_smallest_that_fits_is_taken()
    {
        var plan = Plans.Plan("Ultra", tp: null, Precision.FP8);
        (plan.TensorParallel, plan.MinTensorParallel, plan.Fits).ShouldBe((4, 4, true));
    }

    [Fact]
    public void Stages_hold_uneven_shares_and_the_fullest_binds()
    {
        var plan = MemoryPlanner.Plan(Plans.Request("Ultra", 4) with { PipelineParallel = 4, MultiNode = true });
        plan.Stages.Select(stage => (stage.FromLayer, stage.ToLayer)).ShouldBe([(0, 41), (41, 82), (82, 122), (122, 162)]);
        plan.Stages.Select(stage => stage.WeightBytes).Distinct().Count().ShouldBe(4);
        plan.Stages.Min(stage => stage.MaxSequences).ShouldBe(plan.Fullest.MaxSequences);
        plan.MaxSequences.ShouldBe(plan.Fullest.MaxSequences);
        plan.WeightsBytesPerGpu.ShouldBe(plan.Stages.Max(stage => stage.WeightBytes));
        // The cache lies as unevenly as the weights.
        plan.Stages.Select(stage => stage.KvBytesPerToken).Distinct().Count().ShouldBeGreaterThan(1);
        plan.Stages.Sum(stage => stage.KvBytesPerToken).ShouldBe(plan.KvBytesPerToken / 4);
    }

    [Theory]
    [InlineData(10, 4, EngineKind.TrtLlmServe, new[] { 3, 3, 2, 2 })]
    [InlineData(10, 4, EngineKind.Vllm, new[] { 2, 3, 3, 2 })]
    [InlineData(11, 4, EngineKind.Vllm, new[] { 3, 3, 3, 2 })]
    [InlineData(8, 4, EngineKind.Vllm, new[] { 2, 2, 2, 2 })]
    [InlineData(7, 1, EngineKind.TrtLlmServe, new[] { 7 })]
    public void Engines_split_by_index(int layers, int stages, EngineKind engine, int[] sizes)
    {
        var ranges = Enumerable.Range(0, stages).Select(stage => StageSplit.Of(layers, stages, stage, engine)).ToArray();
        ranges.Select(range => range.To - range.From).ShouldBe(sizes);
        for (var stage = 1; stage < stages; stage++) ranges[stage].From.ShouldBe(ranges[stage - 1].To);
    }

    [Fact]
    public void A_tied_head_on_another_stage_is_a_copy()
    {
        var layer = new LayerSpec { Ffn = new FfnSpec(64, Gated: false) };
        var model = Plans.Entry(new ModelArchitecture(32, 1000, true, 4096, [new LayerRun(2, layer)]));
        var request = new PlanRequest { Model = model, Gpu = Plans.Gpu("L4"), TensorParallel = 1 };
        const long Layer = 2 * (2 * 64 * 32 + 32), Rows = 2 * 1000 * 32, FinalNorm = 2 * 32;
        MemoryPlanner.Plan(request).WeightsBytesPerGpu.ShouldBe(2 * Layer + Rows + FinalNorm);
        MemoryPlanner.Plan(request with { PipelineParallel = 2 }).Stages.Select(stage => stage.WeightBytes)
            .ShouldBe([Layer + Rows, Layer + Rows + FinalNorm]);
    }

    [Fact]
    public void Vllm_copies_mamba_groups_past_their_number()
    {
        var mamba = Plans.Model("Nemotron-H-56B").Architecture.Table.Kinds.First(kind => kind.Mamba is not null).Mamba!;
        mamba.ConvStateElements(8).ShouldBe(3 * (16384 / 8 + 2 * 256));
        mamba.ConvStateElements(16).ShouldBe(3 * (16384 / 16 + 2 * 256));
        mamba.SsmStateElements(16).ShouldBe(4_194_304 / 16);
    }

    [Fact]
    public void A_window_caps_what_its_layers_keep()
    {
        var windowed = new LayerSpec
        {
            Attention = new AttentionSpec { QueryHeads = 4, KvHeads = 2, KeyHeadDim = 16, ValueHeadDim = 16, WindowTokens = 100 },
        };
        var full = windowed with { Attention = windowed.Attention with { WindowTokens = null } };
        var model = Plans.Entry(new ModelArchitecture(64, 100, false, 4096, [new LayerRun(3, windowed), new LayerRun(1, full)]));
        var plan = MemoryPlanner.Plan(new PlanRequest { Model = model, Gpu = Plans.Gpu("L4"), ContextTokens = 1024 });
        plan.BytesPerSequenceAtContext.ShouldBe(128 * (3 * 128 + 1024 / 128 * 128));
        plan.KvBytesPerToken.ShouldBe(4 * 128);
    }

    [Fact]
    public void An_ffn_wider_than_the_activations_planned_is_told()
    {
        var plan = Plans.Plan("Ultra", 8, Precision.FP8);
        var finding = plan.Findings.Single(finding => finding.Kind == PlanFindingKind.Activations);
        finding.Refuses.ShouldBeFalse();
        finding.Message.ShouldBe("the widest FFN writes 1.63 GiB in a pass of 8192 tokens, 1.25 GiB are planned");
        finding.Fix.ShouldBe("max batched tokens 6301");
        foreach (var model in ModelCatalogue.Default.Models.Where(model => model.Name != "Ultra"))
            MemoryPlanner.Plan(new PlanRequest { Model = model, Gpu = Plans.Gpu("GB300") }).Findings
                .ShouldNotContain(found => found.Kind == PlanFindingKind.Activations, model.Name);
    }

    [Fact]
    public void Every_line_has_a_figure_a_reason_and_fits_into_status()
    {
        foreach (var model in ModelCatalogue.Default.Models)
        {
            var plan = MemoryPlanner.Plan(new PlanRequest { Model = model, Gpu = Plans.Gpu("B200-SXM"), Precision = Precision.NVFP4, PipelineParallel = 2 });
            plan.Lines.Count.ShouldBeInRange(14, 64);
            foreach (var line in plan.Lines)
            {
                line.Why.ShouldNotBeEmpty();
                line.Text.Length.ShouldBeLessThanOrEqualTo(256, line.Text);
            }
        }
    }

    [Fact]
    public void The_lines_add_up_to_the_gpu()
    {
        var plan = Plans.Plan("Nemotron-H-47B", 4);
        Line("GPU memory").ShouldBe(Line("weights") - Line("activations") - Line("NCCL buffers") - Line("held back") + Line("cache budget"));

        long Line(string item) => plan.Lines.Single(line => line.Item == item).Value;
    }
}
