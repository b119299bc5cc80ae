namespace Nemotron.Planning.Tests;

public sealed class RulesTests
{
    [Theory]
    [InlineData("Super", EngineKind.TrtLlmServe, new[] { 1, 2, 4, 8, 16, 32, 64 })]
    [InlineData("Nemotron-H-4B", EngineKind.TrtLlmServe, new[] { 1, 2, 4, 8 })]
    [InlineData("Nemotron-H-56B", EngineKind.Vllm, new[] { 1, 2, 4, 8, 16, 32, 64 })]
    [InlineData("Nemotron-Nano-9B-v2", EngineKind.TrtLlmServe, new[] { 1, 2, 4, 8 })]
    [InlineData("Hymba-1.5B", EngineKind.TrtLlmServe, new[] { 1 })]
    public void Degrees_divide_heads_groups_and_widths(string model, EngineKind engine, int[] degrees) =>
        TensorParallelRules.Allowed(Plans.Model(model).Architecture, engine).ShouldBe(degrees);

    [Theory]
    [InlineData("Super", 3, "3 GPUs do not divide 64 query heads", "tensorParallel 2 or 4")]
    [InlineData("Super", 128, "128 GPUs do not divide 64 query heads", "tensorParallel 64")]
    [InlineData("Nemotron-Nano-9B-v2", 5, "5 GPUs do not divide 128 Mamba heads", "tensorParallel 4 or 8")]
    [InlineData("Nemotron-H-8B", 16, "16 GPUs do not divide 8 Mamba groups", "tensorParallel 8")]
    [InlineData("Super", 0, "tensorParallel must be at least 1, not 0", "tensorParallel 1")]
    public void Another_degree_is_refused_with_the_nearest(string model, int degree, string reason, string fix)
    {
        var verdict = TensorParallelRules.Check(Plans.Model(model).Architecture, degree);
        (verdict.Allowed, verdict.Fix).ShouldBe((false, fix));
        verdict.Reason!.ShouldContain(reason);
    }

    [Fact]
    public void An_NVFP4_FFN_is_split_into_whole_blocks_only()
    {
        var model = Plans.Model("Nemotron-Nano-9B-v2");
        var finding = Plans.Plan(model.Name, 8, Precision.NVFP4, "B200-SXM").Findings.ShouldHaveSingleItem();
        (finding.Kind, finding.Refuses, finding.Fix).ShouldBe((PlanFindingKind.TensorParallelDegree, true, "tensorParallel 4"));
        finding.Message.ShouldBe("8 GPUs split an FFN of width 15680 into 1960 each, which NVFP4's blocks of 16 do not divide");
        Plans.Plan(model.Name, 4, Precision.NVFP4, "B200-SXM").Fits.ShouldBeTrue();
        Plans.Plan(model.Name, 8, Precision.FP8, "B200-SXM").Fits.ShouldBeTrue();
        TensorParallelRules.WholeBlocks(model with { KeptInBf16 = [TensorClass.Ffn] }, Precision.NVFP4, 8).ShouldBeTrue();

        // However little memory the GPUs have: eight, which would do for FP8, are not what the planner chooses.
        var chosen = (Precision precision) => Enumerable.Range(20, 100)
            .Select(memory => MemoryPlanner.Plan(Plans.Request(model.Name, null, precision, "B200-SXM") with { GpuMemoryMiB = 100 * memory }).TensorParallel).ToHashSet();
        chosen(Precision.FP8).ShouldContain(8);
        chosen(Precision.NVFP4).ShouldBe([4, 2, 1], ignoreOrder: true);
    }

    [Fact]
    public void Kv_heads_are_split_evenly_or_copied_whole()
    {
        var layer = new LayerSpec { Attention = new AttentionSpec { QueryHeads = 24, KvHeads = 4, KeyHeadDim = 64, ValueHeadDim = 64 } };
        var architecture = new ModelArchitecture(64, 100, false, 4096, [new LayerRun(1, layer)]);
        TensorParallelRules.Allowed(architecture).ShouldBe([1, 2, 4, 8, 12, 24]);
        TensorParallelRules.Check(architecture, 3).Reason.ShouldBe("3 GPUs neither divide 4 KV heads nor hold whole copies of them");
    }

    [Theory]
    [InlineData("A100-SXM-80GB", Precision.BF16, true)]
    [InlineData("A100-SXM-80GB", Precision.FP8, false)]
    [InlineData("L40S", Precision.FP8, true)]
    [InlineData("H100-SXM", Precision.NVFP4, false)]
    [InlineData("B200-SXM", Precision.NVFP4, true)]
    [InlineData("RTX-PRO-6000", Precision.NVFP4, true)]
    public void Precision_needs_the_gpu_for_it(string gpu, Precision precision, bool supported)
    {
        var plan = Plans.Plan("Nano", precision: precision, gpu: gpu);
        plan.Findings.Any(finding => finding is { Refuses: true, Kind: PlanFindingKind.Precision }).ShouldBe(!supported);
        plan.Fits.ShouldBe(supported);
        if (!supported) plan.Binding.ShouldBe(PlanBinding.Rules);
    }

    [Fact]
    public void A_kv_cache_that_the_gpu_cannot_read_is_refused_by_itself()
    {
        var plan = MemoryPlanner.Plan(Plans.Request("Nano", gpu: "A100-SXM-80GB") with { KvPrecision = KvPrecision.FP8 });
        var finding = plan.Findings.ShouldHaveSingleItem();
        finding.Kind.ShouldBe(PlanFindingKind.KvPrecision);
        finding.Message.ShouldBe("an FP8 KV cache needs compute capability 8.9; A100-SXM-80GB has 8.0");
        finding.Fix.ShouldBe("KV precision BF16");
    }

    [Fact]
    public void A_group_leaves_its_nvlink_domain_only_when_asked_to()
    {
        var request = Plans.Request("Llama-3.1-405B", 16);
        var refused = MemoryPlanner.Plan(request);
        refused.Fits.ShouldBeFalse();
        refused.Findings.ShouldContain(finding => finding.Refuses && finding.Kind == PlanFindingKind.NvLinkDomain);
        var allowed = MemoryPlanner.Plan(request with { MultiNode = true });
        allowed.Fits.ShouldBeTrue();
        allowed.Nodes.ShouldBe(2);
        allowed.Findings.ShouldContain(finding => !finding.Refuses && finding.Kind == PlanFindingKind.SpansNodes);
        // A GB200 rack is one domain of 72 over nodes of 4.
        MemoryPlanner.Plan(request with { Gpu = Plans.Gpu("GB200") }).Nodes.ShouldBe(4);
        MemoryPlanner.Plan(request with { Gpu = Plans.Gpu("GB200") }).Fits.ShouldBeTrue();
    }

    [Fact]
    public void What_needs_more_than_a_node_is_told_how_much_more()
    {
        var plan = Plans.Plan("Llama-3.1-405B", tp: null);
        (plan.TensorParallel, plan.Fits, plan.MinTensorParallel, plan.MinNodes).ShouldBe((8, false, 16, 2));
        plan.Findings.Single(finding => finding.Kind == PlanFindingKind.Memory).Fix.ShouldBe("tensorParallel 16 over 2 nodes");
    }

    [Theory]
    [InlineData(0, 1, 1, "tensorParallel must be between 1 and 128, not 0")]
    [InlineData(1, 0, 1, "concurrency must be between 1 and 1048576, not 0")]
    [InlineData(1, 1, -5, "context must be between 1 and 16777216, not -5")]
    [InlineData(int.MaxValue, 1, 1, "tensorParallel must be between 1 and 128, not 2147483647")]
    public void Numbers_out_of_range_are_refused_by_name(int tp, int concurrency, int context, string message)
    {
        var plan = MemoryPlanner.Plan(Plans.Request("Nano", tp, context: context) with { Concurrency = concurrency });
        plan.Fits.ShouldBeFalse();
        plan.Findings.ShouldContain(finding => finding.Refuses && finding.Message == message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void A_memory_fraction_that_is_none_is_refused(double fraction) =>
        MemoryPlanner.Plan(Plans.Request("Nano") with { MemoryFraction = fraction }).Findings
            .ShouldContain(finding => finding.Refuses && finding.Kind == PlanFindingKind.OutOfRange);

    [Fact]
    public void More_stages_than_layers_are_refused()
    {
        var plan = MemoryPlanner.Plan(Plans.Request("Nano") with { PipelineParallel = 33 });
        plan.Findings.ShouldContain(finding => finding.Refuses && finding.Fix == "pipelineParallel 32");
    }

    [Fact]
    public void A_context_beyond_the_models_own_and_an_engine_that_cannot_serve_it_are_warnings()
    {
        var plan = Plans.Plan("Hymba-1.5B", context: 16384);
        plan.Fits.ShouldBeTrue();
        plan.Servable.ShouldBeFalse();
        plan.Findings.Select(finding => (finding.Kind, finding.Refuses)).ShouldBe(
            [(PlanFindingKind.ContextBeyondModel, false), (PlanFindingKind.EngineCannotServe, false)]);
    }

    [Fact]
    public void A_request_without_a_gpu_is_an_error() =>
        Should.Throw<ArgumentException>(() => MemoryPlanner.Plan(new PlanRequest { Model = Plans.Model("Nano") }));
}
