namespace Nemotron.Planning.Tests;

/// <summary>What the papers, model cards and the vendor's configurations say (facts A.0, A.5, B.4).</summary>
public sealed class PublishedFiguresTests
{
    private static readonly GpuType H100 = GpuCatalogue.Default.Find("H100-SXM");

    [Theory]
    [InlineData("Llama-3.1-8B", 8_030_261_248)]
    [InlineData("Llama-3.1-70B", 70_553_706_496)]
    [InlineData("Llama-3.1-405B", 405_853_388_800)]
    [InlineData("Nano", 8_030_261_248)]
    [InlineData("Super", 49_867_145_216)]
    [InlineData("Super-v1.5", 49_867_145_216)]
    [InlineData("Ultra", 253_401_268_224)]
    [InlineData("Nemotron-H-4B", 4_489_223_040)]
    [InlineData("Nemotron-H-8B", 8_100_852_736)]
    [InlineData("Nemotron-H-47B", 46_791_554_816)]
    [InlineData("Nemotron-H-56B", 56_324_350_464)]
    [InlineData("Nemotron-Nano-9B-v2", 8_888_227_328)]
    [InlineData("Nemotron-Nano-12B-v2", 12_310_001_152)]
    public void Parameters_are_the_published_ones(string model, long parameters) =>
        ModelCatalogue.Default.Find(model).Architecture.Parameters.Total.ShouldBe(parameters);

    [Theory]
    [InlineData("Nano-4B", 4.513e9, 0.001)]
    [InlineData("Hymba-1.5B", 1.52e9, 0.005)]
    public void Rounded_parameters_agree(string model, double parameters, double within) =>
        ((double)ModelCatalogue.Default.Find(model).Architecture.Parameters.Total).ShouldBe(parameters, parameters * within);

    [Theory]
    [InlineData("Llama-3.1-8B", 131_072)]
    [InlineData("Llama-3.1-70B", 327_680)]
    [InlineData("Llama-3.1-405B", 516_096)]
    [InlineData("Nano", 131_072)]
    [InlineData("Nano-4B", 131_072)]
    [InlineData("Super", 200_704)]
    [InlineData("Super-v1.5", 200_704)]
    [InlineData("Ultra", 262_144)]
    [InlineData("Nemotron-H-4B", 16_384)]
    [InlineData("Nemotron-H-8B", 16_384)]
    [InlineData("Nemotron-H-47B", 20_480)]
    [InlineData("Nemotron-H-56B", 40_960)]
    [InlineData("Nemotron-Nano-9B-v2", 16_384)]
    [InlineData("Nemotron-Nano-12B-v2", 24_576)]
    public void Kv_bytes_per_token_are_exact(string model, long bf16)
    {
        Plan(model, 1, Precision.BF16, KvPrecision.BF16).KvBytesPerToken.ShouldBe(bf16);
        Plan(model, 1, Precision.BF16, KvPrecision.FP8).KvBytesPerToken.ShouldBe(bf16 / 2);
        Plan(model, 1, Precision.BF16, KvPrecision.NVFP4).KvBytesPerToken.ShouldBe(bf16 / 2 * 9 / 16);
    }

    [Theory]
    [InlineData("Super", 16, 25_088)]
    [InlineData("Super", 8, 25_088)]
    [InlineData("Super", 2, 100_352)]
    [InlineData("Ultra", 4, 65_536)]
    [InlineData("Llama-3.1-405B", 8, 64_512)]
    [InlineData("Nemotron-H-56B", 8, 5_120)]
    [InlineData("Nemotron-Nano-12B-v2", 4, 6_144)]
    public void Kv_heads_are_split_and_then_copied(string model, int tp, long bytes) =>
        Plan(model, tp, Precision.BF16, KvPrecision.BF16).KvBytesPerTokenPerGpu.ShouldBe(bytes);

    [Theory]
    [InlineData("Nemotron-H-4B", 89_407_488, 45_367_296)]
    [InlineData("Nemotron-H-8B", 102_137_856, 51_806_208)]
    [InlineData("Nemotron-H-47B", 760_504_320, 383_016_960)]
    [InlineData("Nemotron-H-56B", 912_605_184, 459_620_352)]
    [InlineData("Nemotron-Nano-9B-v2", 143_548_416, 72_769_536)]
    [InlineData("Nemotron-Nano-12B-v2", 148_865_024, 75_464_704)]
    public void State_bytes_are_exact(string model, long fp32, long bf16)
    {
        Plan(model, 1, Precision.BF16, state: StatePrecision.FP32).StateBytesPerSequence.ShouldBe(fp32);
        Plan(model, 1, Precision.BF16, state: StatePrecision.BF16).StateBytesPerSequence.ShouldBe(bf16);
        Plan(model, 8, Precision.BF16, state: StatePrecision.FP32).StateBytesPerSequencePerGpu.ShouldBe(fp32 / 8);
    }

    [Theory]
    [InlineData("Super", 1, Precision.FP8, 300_000)]
    [InlineData("Ultra", 8, Precision.FP8, 3_000_000)]
    [InlineData("Ultra", 8, Precision.BF16, 600_000)]
    public void One_reserve_rule_gives_the_papers_cached_tokens(string model, int tp, Precision precision, double tokens) =>
        ((double)Plan(model, tp, precision).KvTokens).ShouldBe(tokens, tokens * 0.03);

    [Fact]
    public void An_nvfp4_checkpoint_of_super_has_the_size_measured_of_the_published_one() =>
        ((double)ModelSizes.Of(Plans.Model("Super-v1.5")).WeightsBytes(Precision.NVFP4)).ShouldBe(31.07e9, 0.005e9);

    [Theory]
    [InlineData(8000, 81_879_040)]
    [InlineData(8192, 82_984_960)]
    public void Hymba_caches_with_meta_tokens_windows_and_shared_layers(int context, long bytes)
    {
        var plan = Plans.Plan("Hymba-1.5B", context: context);
        plan.BytesPerSequenceAtContext.ShouldBe(bytes);
        plan.BytesPerSequenceAtContext.ShouldBe(
            3 * (context + 128) * 1920L + 14 * (1024 + 128) * 1920L + 32 * 3200 * (16 + 4) * 2);
    }

    [Fact]
    public void Llama_3_2_3b_caches_what_the_hymba_paper_says()
    {
        var layer = new LayerSpec
        {
            Attention = new AttentionSpec { QueryHeads = 24, KvHeads = 8, KeyHeadDim = 128, ValueHeadDim = 128 },
            Ffn = new FfnSpec(8192, Gated: true),
        };
        var model = Plans.Entry(new ModelArchitecture(3072, 128256, true, 131072, [new LayerRun(28, layer)]));
        var plan = MemoryPlanner.Plan(new PlanRequest { Model = model, Gpu = H100, ContextTokens = 8000 });
        plan.Parameters.ShouldBe(3_212_749_824);
        plan.BytesPerSequenceAtContext.ShouldBe(917_504_000);
    }

    [Fact]
    public void Vllm_holds_as_many_sequences_of_the_70b_as_its_measured_latency_says()
    {
        // 52 ms per token at 32 and at 64 requests alike: both are bound by a cache of 25 to 26 sequences (facts B.4).
        var plan = MemoryPlanner.Plan(Plans.Request("Llama-3.1-70B", 2, Precision.FP8, context: 9216) with
        {
            KvPrecision = KvPrecision.BF16,
            Engine = EngineKind.Vllm,
        });
        plan.MaxSequences.ShouldBeInRange(25, 26);
    }

    [Theory]
    [InlineData("Nemotron-Nano-9B-v2", StatePrecision.FP32, 1312)]
    [InlineData("Nemotron-Nano-12B-v2", StatePrecision.FP32, 1312)]
    [InlineData("Nemotron-Nano-9B-v2", StatePrecision.BF16, 672)]
    [InlineData("Nemotron-H-8B", StatePrecision.FP32, 1040)]
    [InlineData("Nemotron-H-8B", StatePrecision.BF16, 528)]
    [InlineData("Nemotron-H-4B", StatePrecision.FP32, 912)]
    [InlineData("Nemotron-H-4B", StatePrecision.BF16, 464)]
    [InlineData("Nemotron-H-47B", StatePrecision.FP32, 4128)]
    [InlineData("Nemotron-H-56B", StatePrecision.BF16, 2080)]
    public void Vllm_raises_the_attention_block_to_the_mamba_page(string model, StatePrecision state, int block)
    {
        var plan = MemoryPlanner.Plan(Plans.Request(model) with { Engine = EngineKind.Vllm, SsmState = state });
        plan.Fullest.BlockTokens.ShouldBe(block);
        plan.Fullest.PageBytes.ShouldBe(block * 4096L);
    }

    [Fact]
    public void Vllm_gives_a_hybrid_one_page_per_mamba_layer_and_whole_blocks_per_attention_layer()
    {
        var plan = MemoryPlanner.Plan(Plans.Request("Nemotron-Nano-9B-v2", context: 1) with { Engine = EngineKind.Vllm });
        plan.BytesPerSequenceAtContext.ShouldBe((4 + 27) * 5_373_952L);
    }

    [Fact]
    public void Nano_9b_v2_holds_128k_on_one_a10g_as_its_paper_says()
    {
        var plan = Plans.Plan("Nemotron-Nano-9B-v2", gpu: "A10G", context: 131072);
        plan.Fits.ShouldBeTrue(string.Join("; ", plan.Findings));
    }

    private static MemoryPlan Plan(
        string model, int tp, Precision precision, KvPrecision? kv = null, StatePrecision? state = null) =>
        MemoryPlanner.Plan(new PlanRequest
        {
            Model = ModelCatalogue.Default.Find(model),
            Gpu = H100,
            TensorParallel = tp,
            Precision = precision,
            KvPrecision = kv,
            SsmState = state,
            ContextTokens = 8192,
        });
}
