using CsCheck;
using Nemotron.Planning.Capacity;
using Nemotron.Planning.Serving;
using Nemotron.Planning.Tests.Capacity;

namespace Nemotron.Planning.Tests.Serving;

public sealed class PredictorTests
{
    [Fact]
    public void One_request_at_a_time_waits_for_nobody()
    {
        var prediction = Predict(Replicas.Spec("Super", precision: Precision.FP8), 1024, 128, 1);
        var model = Replicas.Model("Super", precision: Precision.FP8);
        var overheads = model.Engine.Overheads;
        var way = overheads.LatencySeconds + overheads.RequestSeconds + 1024 * overheads.PromptTokenSeconds + overheads.OutputTokenSeconds;
        prediction.Result!.TimeToFirstToken.TotalSeconds.ShouldBe(model.Step(Replicas.Prefill(1024)).TotalSeconds + way, 1e-6);
        prediction.Result.TimePerOutputToken.TotalSeconds.ShouldBe(model.RunSeconds(StepWork.Decode(1, 1025), 127) / 127, 1e-6);
        prediction.RequestsPerSecond.ShouldBe(1 / prediction.Result.Latency.TotalSeconds, 1e-9);
        prediction.TokensPerSecond.ShouldBe(128 * prediction.RequestsPerSecond, 1e-9);
        prediction.Binding.ShouldBe(CapacityBinding.MemoryBandwidth);
    }

    [Fact]
    public void What_the_cache_does_not_hold_queues()
    {
        // Super holds about 300K tokens in FP8 on one H100.
        var held = Predict(Replicas.Spec("Super", precision: Precision.FP8), 4096, 1024, 32);
        var full = Predict(Replicas.Spec("Super", precision: Precision.FP8), 4096, 1024, 128);
        held.Binding.ShouldNotBe(CapacityBinding.KvCapacity);
        full.Binding.ShouldBe(CapacityBinding.KvCapacity);
        full.Result!.RunningSequences.ShouldBe((double)full.Limits!.KvTokens / 5120, 8);
        full.Result.TimeToFirstToken.ShouldBeGreaterThan(10 * held.Result!.TimeToFirstToken);
        full.Result.Preemptions.ShouldBe(0);
    }

    [Fact]
    public void Sequences_beyond_the_setting_queue() =>
        Predictor.Predict(new PredictionRequest { Replica = Replicas.Spec("Nano"), Load = new ClosedLoopLoad(100, 100, 64), MaxSequences = 8 })
            .Binding.ShouldBe(CapacityBinding.BatchSize);

    [Fact]
    public void A_hybrid_runs_as_many_as_it_has_state_for()
    {
        var prediction = Predict(Replicas.Spec("Nemotron-H-56B", 8), 128, 2048, 2000);
        prediction.Binding.ShouldBe(CapacityBinding.BatchSize);
        ((long)prediction.Limits!.MaxSequences).ShouldBe(prediction.Plan.MaxSequences);
        prediction.Result!.RunningSequences.ShouldBe(prediction.Limits.MaxSequences, 0.05 * prediction.Limits.MaxSequences);
    }

    [Theory]
    [InlineData("Super", 3, Precision.BF16, "H100-SXM", PlanFindingKind.TensorParallelDegree)]
    [InlineData("Super", 1, Precision.BF16, "H100-SXM", PlanFindingKind.Memory)]
    [InlineData("Nano", 1, Precision.FP8, "A100-SXM-80GB", PlanFindingKind.Precision)]
    [InlineData("Nano", 0, Precision.BF16, "H100-SXM", PlanFindingKind.OutOfRange)]
    public void What_cannot_run_is_refused_with_the_plans_reason(string model, int tp, Precision precision, string gpu, PlanFindingKind kind)
    {
        var prediction = Predict(Replicas.Spec(model, precision: precision, gpu: gpu) with { TensorParallel = tp }, 1024, 128, 8);
        prediction.Result.ShouldBeNull();
        prediction.Refusals.ShouldContain(finding => finding.Kind == kind);
    }

    [Fact]
    public void A_prompt_that_does_not_go_through_a_step_is_refused_where_it_is_not_split()
    {
        var request = new PredictionRequest { Replica = Replicas.Spec("Nano"), Load = new ClosedLoopLoad(4096, 128, 8), MaxBatchedTokens = 2048 };
        Predictor.Predict(request).Refusals.ShouldHaveSingleItem().Kind.ShouldBe(PlanFindingKind.PromptBeyondStep);
        Predictor.Predict(request with { Replica = Replicas.Spec("Nano", engine: EngineKind.Vllm) }).Refusals.ShouldBeEmpty();
    }

    // facts B.4: vLLM, Llama-70B in FP8 on two H100, 8192/1024. Nothing is fitted to it. The cache binds at both points, so the time per token stays.
    [Theory]
    [InlineData(32, 52.37)]
    [InlineData(64, 52.41)]
    public void The_70b_on_vllm_decodes_as_measured(int concurrency, double tpotMs)
    {
        var prediction = Predict(Replicas.Spec("Llama-3.1-70B", 2, Precision.FP8, engine: EngineKind.Vllm), 8192, 1024, concurrency);
        prediction.Binding.ShouldBe(CapacityBinding.KvCapacity);
        prediction.Result!.TimePerOutputToken.TotalMilliseconds.ShouldBe(tpotMs, 0.1 * tpotMs);
    }

    private static readonly Gen<(ReplicaSpec Replica, int Isl, int Osl)> Case =
        from model in Gen.OneOf("Nano", "Super", "Llama-3.1-70B", "Nemotron-Nano-9B-v2")
        from gpu in Gen.OneOf("H100-SXM", "H200-SXM", "B200-SXM")
        from tp in Gen.OneOf(2, 4, 8)
        from engine in Gen.OneOf(EngineKind.TrtLlmServe, EngineKind.Vllm)
        from isl in Gen.OneOf(128, 512, 1024, 2048)
        from osl in Gen.OneOf(64, 128, 256)
        select (Replicas.Spec(model, tp, Precision.FP8, gpu, engine), isl, osl);

    // A loop's ups and downs: who waits a step more or less when groups of requests meet otherwise.
    private const double Slack = 1.1;

    [Fact]
    public void More_requests_in_flight_never_lower_the_throughput_by_more_than_a_tenth() => Case.Sample(one =>
    {
        double most = 0;
        foreach (var concurrency in (int[])[1, 2, 4, 8, 16, 32, 64, 128, 256])
        {
            var throughput = Predict(one.Replica, one.Isl, one.Osl, concurrency).TokensPerSecond;
            (throughput * Slack).ShouldBeGreaterThan(most, $"{one} at {concurrency}");
            most = Math.Max(most, throughput);
        }
    }, iter: 40);

    [Fact]
    public void A_faster_gpu_or_a_shorter_prompt_is_not_slower() => Gen.Select(Case, Gen.OneOf(1, 8, 32, 100)).Sample((one, concurrency) =>
    {
        var latency = Latency(one.Replica, one.Isl, one.Osl, concurrency);
        var gpu = one.Replica.Gpu;
        var faster = gpu with { BandwidthGBps = 2 * gpu.BandwidthGBps, Fp8Tflops = 2 * gpu.Fp8Tflops, Bf16Tflops = 2 * gpu.Bf16Tflops, NvLinkGBps = 2 * gpu.NvLinkGBps };
        Latency(one.Replica with { Gpu = faster }, one.Isl, one.Osl, concurrency).ShouldBeLessThan(latency * Slack);
        Latency(one.Replica, one.Isl / 2, one.Osl, concurrency).ShouldBeLessThan(latency * Slack);
    }, iter: 60);

    [Fact]
    public void Tokens_take_longer_the_longer_the_context() => Case.Sample(one =>
    {
        var before = 0.0;
        foreach (var isl in (int[])[128, 1024, 8192, 32768])
        {
            var tpot = Predict(one.Replica, isl, one.Osl, 1).Result!.TimePerOutputToken.TotalSeconds;
            tpot.ShouldBeGreaterThanOrEqualTo(before);
            Predict(one.Replica, isl, one.Osl, 4).Result!.TimePerOutputToken.TotalSeconds.ShouldBeGreaterThan(tpot / Slack);
            before = tpot;
        }
    }, iter: 20);

    [Fact]
    public void The_largest_loads_do_not_overflow()
    {
        var prediction = Predict(Replicas.Spec("Llama-3.1-405B", 8, Precision.FP8, "B200-SXM"), 1, 1, Predictor.MostRequests / 10);
        prediction.Result!.RunningSequences.ShouldBeGreaterThan(1);
        Should.Throw<ArgumentOutOfRangeException>(() => Predict(Replicas.Spec("Nano"), 1, 1, Predictor.MostRequests));
        Should.Throw<ArgumentOutOfRangeException>(() => Predict(Replicas.Spec("Nano"), 0, 1, 1));
        Predict(Replicas.Spec("Nano"), MemoryPlanner.MaxContextTokens, MemoryPlanner.MaxContextTokens, 1).Refusals.ShouldNotBeEmpty();
    }

    private static double Latency(ReplicaSpec replica, int isl, int osl, int concurrency) => Predict(replica, isl, osl, concurrency).Result!.Latency.TotalSeconds;

    private static ReplicaPrediction Predict(ReplicaSpec replica, int isl, int osl, int concurrency) =>
        Predictor.Predict(new PredictionRequest { Replica = replica, Load = new ClosedLoopLoad(isl, osl, concurrency) });
}
