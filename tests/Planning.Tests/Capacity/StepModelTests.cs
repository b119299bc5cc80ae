using Nemotron.Planning.Capacity;

namespace Nemotron.Planning.Tests.Capacity;

/// <summary>The roofline against figures worked out by hand, with nothing lost to efficiencies.</summary>
public sealed class StepModelTests
{
    private const double Bandwidth = 3350e9;
    private const double Bf16 = 989e12;

    [Fact]
    public void Decoding_reads_weights_and_cache_once()
    {
        // Llama-3.1-8B: all but the embedding is read; 131072 bytes of cache per token.
        var step = new StepModel(Replicas.Spec("Llama-3.1-8B"), Replicas.Ideal).Step(StepWork.Decode(4, 4 * 2000));
        var weights = 2.0 * (8_030_261_248 - 128_256L * 4096);
        var cache = 131_072.0 * 8000;
        var activations = step.MemorySeconds * Bandwidth - weights - cache;
        activations.ShouldBeInRange(0, 0.01 * weights);
        step.ComputeSeconds.ShouldBe(0);
        step.TotalSeconds.ShouldBe(step.GpuSeconds);
    }

    [Fact]
    public void A_long_prefill_is_bound_by_arithmetic_and_its_attention_grows_with_the_square()
    {
        var model = new StepModel(Replicas.Spec("Llama-3.1-8B"), Replicas.Ideal);
        var layers = 8_030_261_248 - 2 * 128_256L * 4096 - 65 * 4096;
        // Four flops per pair, head and channel: query times key, weight times value.
        var attention = 4.0 * 4096 * 32 * (8192.0 * 8192 / 2);
        model.Step(Replicas.Prefill(8192)).ComputeSeconds.ShouldBe((2.0 * layers * 8192 + attention) / Bf16, 1e-6);
        var halves = model.Step(Replicas.Prefill(4096)).ComputeSeconds + model.Step(Replicas.Prefill(4096, before: 4096)).ComputeSeconds;
        halves.ShouldBe(model.Step(Replicas.Prefill(8192)).ComputeSeconds, 1e-6);
    }

    [Fact]
    public void Fp8_halves_what_is_quantised_and_not_the_head()
    {
        var bf16 = new StepModel(Replicas.Spec("Llama-3.1-70B", 4), Replicas.Ideal).Step(StepWork.Decode(1, 1));
        var fp8 = new StepModel(Replicas.Spec("Llama-3.1-70B", 4, Precision.FP8), Replicas.Ideal).Step(StepWork.Decode(1, 1));
        var head = 2.0 * 128_256 * 8192 / 4 / Bandwidth;
        ((fp8.MemorySeconds - head) / (bf16.MemorySeconds - head)).ShouldBe(0.5, 0.002);
    }

    [Theory]
    [InlineData(KvPrecision.BF16, 2.0)]
    [InlineData(KvPrecision.FP8, 1.0)]
    [InlineData(KvPrecision.NVFP4, 0.5625)]
    public void The_cache_is_read_in_its_own_precision(KvPrecision precision, double bytes)
    {
        var model = new StepModel(Replicas.Spec("Llama-3.1-8B", gpu: "B200-SXM") with { KvPrecision = precision }, Replicas.Ideal);
        var read = model.Step(StepWork.Decode(1, 1_000_001)).MemorySeconds - model.Step(StepWork.Decode(1, 1)).MemorySeconds;
        (read * 7700e9 / 1_000_000).ShouldBe(65_536 * bytes, 1e-3);
    }

    [Theory]
    [InlineData("Super", 49 + 80)]
    [InlineData("Ultra", 64 + 81)]
    [InlineData("Llama-3.1-70B", 160)]
    [InlineData("Nemotron-H-56B", 118)]
    public void Only_blocks_that_exist_are_launched_and_reduced(string name, int blocks)
    {
        var parameters = Replicas.Ideal with { Hardware = Replicas.Ideal.Hardware with { BlockSeconds = 1, AllReduceSeconds = 1 } };
        var step = new StepModel(Replicas.Spec(name, 8, gpu: "B200-SXM"), parameters).Step(StepWork.Decode(1, 1));
        step.LaunchSeconds.ShouldBe(blocks);
        step.CommunicationSeconds.ShouldBe(3.0 * blocks, 0.01);
    }

    [Fact]
    public void Layers_without_attention_cost_no_cache()
    {
        // Super keeps attention in 49 of its parent's 80 layers.
        Read("Super").ShouldBe(Read("Llama-3.1-70B") * 49 / 80, 1e-12);

        static double Read(string name)
        {
            var model = new StepModel(Replicas.Spec(name, 8), Replicas.Ideal);
            return model.Step(StepWork.Decode(1, 100_001)).MemorySeconds - model.Step(StepWork.Decode(1, 1)).MemorySeconds;
        }
    }

    [Fact]
    public void A_hybrid_reads_and_writes_its_state_whatever_the_context()
    {
        var model = new StepModel(Replicas.Spec("Nemotron-H-56B", 8), Replicas.Ideal);
        var perSequence = model.Step(StepWork.Decode(101, 101)).MemorySeconds - model.Step(StepWork.Decode(1, 1)).MemorySeconds;
        (perSequence * Bandwidth / 100).ShouldBeInRange(2 * 912_605_184.0 / 8, 2.2 * 912_605_184.0 / 8);
    }

    [Fact]
    public void A_window_bounds_what_is_read()
    {
        var attention = new AttentionSpec { QueryHeads = 8, KvHeads = 8, KeyHeadDim = 128, ValueHeadDim = 128, WindowTokens = 1000 };
        var architecture = new ModelArchitecture(1024, 1000, false, 1 << 20, [new LayerRun(4, new LayerSpec { Attention = attention })]);
        var model = new StepModel(Replicas.Spec("Nano") with { Model = Plans.Entry(architecture) }, Replicas.Ideal);
        model.Step(StepWork.Decode(2, 2 * 1000)).ShouldBe(model.Step(StepWork.Decode(2, 2 * 50_000)));
        model.Step(StepWork.Decode(2, 2 * 900)).TotalSeconds.ShouldBeLessThan(model.Step(StepWork.Decode(2, 2 * 1000)).TotalSeconds);
        var beyond = model.Step(Replicas.Prefill(10_000)).ComputeSeconds - model.Step(Replicas.Prefill(5_000)).ComputeSeconds;
        (model.Step(Replicas.Prefill(20_000)).ComputeSeconds - model.Step(Replicas.Prefill(15_000)).ComputeSeconds).ShouldBe(beyond, 1e-12);
    }

    [Fact]
    public void An_all_reduce_sends_twice_its_tensor_over_the_slowest_link()
    {
        // 2 (t - 1) / t times tokens x hidden x 2 bytes, 64 times in a Llama-3.1-8B.
        Communication("H100-SXM", 2).ShouldBe(64 * 1000.0 * 4096 * 2 / 450e9, 1e-9);
        Communication("L40S", 2).ShouldBe(64 * 1000.0 * 4096 * 2 / 32e9, 1e-9);
        // Sixteen H100 are two nodes, sixteen GB200 one NVLink domain.
        Communication("H100-SXM", 16).ShouldBe(64 * 1000.0 * 4096 * 2 * 2 * 15 / 16 / 50e9, 1e-9);
        Communication("GB200", 16).ShouldBe(64 * 1000.0 * 4096 * 2 * 2 * 15 / 16 / 900e9, 1e-9);

        static double Communication(string gpu, int tp) =>
            new StepModel(Replicas.Spec("Llama-3.1-8B", tp, gpu: gpu) with { MultiNode = true }, Replicas.Ideal).Step(StepWork.Decode(1000, 1000)).CommunicationSeconds;
    }

    [Fact]
    public void Pipeline_stages_work_one_after_the_other_for_one_sequence_and_side_by_side_for_many()
    {
        var whole = new StepModel(Replicas.Spec("Llama-3.1-8B"), Replicas.Ideal);
        var stages = new StepModel(Replicas.Spec("Llama-3.1-8B", pp: 4), Replicas.Ideal);
        stages.Step(StepWork.Decode(1, 1)).MemorySeconds.ShouldBe(whole.Step(StepWork.Decode(1, 1)).MemorySeconds, 1e-5);
        // Four micro-batches pass the last stage, which has the head besides its layers; its memory holds a quarter of the cache.
        var head = 2.0 * 128_256 * 4096 / Bandwidth;
        var layers = whole.Step(StepWork.Decode(1, 1)).MemorySeconds - head;
        stages.Step(StepWork.Decode(64, 64 * 4000)).GpuSeconds.ShouldBe(layers + 4 * head + 64 * 4000 * 131_072.0 / 4 / Bandwidth, 2e-4);
    }

    [Fact]
    public void An_overlapped_host_shows_only_where_it_is_slower_than_the_gpu()
    {
        var overlapped = Replicas.Model("Nano");
        var step = overlapped.Step(StepWork.Decode(8, 8 * 1000));
        step.TotalSeconds.ShouldBe(Math.Max(step.GpuSeconds, step.HostSeconds));
        var serial = Replicas.Model("Nano", engine: EngineKind.Vllm).Step(StepWork.Decode(8, 8 * 1000));
        serial.TotalSeconds.ShouldBe(serial.GpuSeconds + serial.HostSeconds);
    }

    [Theory]
    [InlineData(EngineKind.TrtLlmServe, 1)]
    [InlineData(EngineKind.Vllm, 8)]
    public void A_run_of_steps_is_the_sum_of_its_steps(EngineKind engine, int tp)
    {
        var model = Replicas.Model("Nano", tp, engine: engine);
        double sum = 0;
        for (var i = 0; i < 5000; i++) sum += model.Step(StepWork.Decode(100, 100 * (10 + i))).TotalSeconds;
        model.RunSeconds(StepWork.Decode(100, 1000), 5000).ShouldBe(sum, sum * 1e-4);
    }

    [Fact]
    public void A_gpu_of_unknown_speed_is_refused_by_the_missing_rate()
    {
        Should.Throw<UnknownRateException>(() => Replicas.Model("Nano", gpu: "A10G")).Message.ShouldContain("A10G: bandwidthGBps is not known");
        Should.Throw<UnknownRateException>(() => Replicas.Model("Nano", gpu: "H100-NVL")).Figure.ShouldBe("bf16Tflops");
        Should.Throw<UnknownRateException>(() => Replicas.Model("Nano", precision: Precision.FP8, gpu: "A100-SXM-80GB")).Figure.ShouldBe("fp8Tflops");
    }

    [Fact]
    public void The_kv_precision_follows_engine_and_weights()
    {
        Replicas.Model("Super", precision: Precision.FP8).KvPrecision.ShouldBe(KvPrecision.FP8);
        Replicas.Model("Super", precision: Precision.FP8, engine: EngineKind.Vllm).KvPrecision.ShouldBe(KvPrecision.BF16);
        Replicas.Model("Super").KvPrecision.ShouldBe(KvPrecision.BF16);
    }

    [Fact]
    public void Scales_by_block_or_at_run_time_cost_fp8_its_rate()
    {
        var parameters = Replicas.Ideal with { Hardware = Replicas.Ideal.Hardware with { Fp8DynamicCompute = 0.5 } };
        Compute("Qwen3-32B", EngineKind.TrtLlmServe).ShouldBeInRange(0.5, 0.56);
        Compute("Super", EngineKind.TrtLlmServe).ShouldBe(1, 1e-9);
        Compute("Super", EngineKind.Sglang).ShouldBeInRange(0.5, 0.56);

        double Compute(string model, EngineKind engine) =>
            new StepModel(Replicas.Spec(model, precision: Precision.FP8, engine: engine), Replicas.Ideal).Step(Replicas.Prefill(4096)).ComputeSeconds
            / new StepModel(Replicas.Spec(model, precision: Precision.FP8, engine: engine), parameters).Step(Replicas.Prefill(4096)).ComputeSeconds;
    }
}
