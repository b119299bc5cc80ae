using CsCheck;
using Nemotron.Planning.Capacity;

namespace Nemotron.Planning.Tests.Capacity;

/// <summary>What holds for every model, GPU and step.</summary>
public sealed class StepModelProperties
{
    private static readonly GpuType[] Gpus = [.. GpuCatalogue.Default.Gpus.Where(gpu => gpu is { BandwidthGBps: not null, Bf16Tflops: not null })];

    private static readonly Gen<ReplicaSpec> Replica =
        from model in Gen.OneOf(ModelCatalogue.Default.Models.ToArray())
        from gpu in Gen.OneOf(Gpus)
        from tp in Gen.OneOf(1, 2, 4, 8)
        from pp in Gen.OneOf(1, 1, 2, 4)
        where tp * pp <= gpu.GpusPerNode || gpu.NetworkGBps is not null
        from precision in Gen.OneOf(Enum.GetValues<Precision>().Where(gpu.Supports).ToArray())
        from kv in Gen.OneOf(Enum.GetValues<KvPrecision>().Where(gpu.Supports).ToArray())
        from engine in Gen.Enum<EngineKind>()
        select new ReplicaSpec { Model = model, Gpu = gpu, TensorParallel = tp, PipelineParallel = pp, Precision = precision, KvPrecision = kv, Engine = engine };

    private static readonly Gen<StepWork> Work =
        from sequences in Gen.Int[0, 512]
        from context in Gen.Int[1, 32_768]
        from prompt in Gen.OneOf(0, 0, 1, 100, 2048, 8192)
        from before in Gen.Int[0, 16_384]
        select Step(sequences, context, prompt, before);

    [Fact]
    public void More_bandwidth_compute_or_link_is_never_slower() => Gen.Select(Replica, Work, Gen.Double[1, 10]).Sample((replica, work, factor) =>
    {
        var before = Seconds(replica, work);
        var gpu = replica.Gpu;
        foreach (var faster in (GpuType[])
        [
            gpu with { BandwidthGBps = gpu.BandwidthGBps * factor },
            gpu with { Bf16Tflops = gpu.Bf16Tflops * factor, Fp8Tflops = gpu.Fp8Tflops * factor, Fp4Tflops = gpu.Fp4Tflops * factor },
            gpu with { NvLinkGBps = gpu.NvLinkGBps * factor, PcieGBps = gpu.PcieGBps * factor, NetworkGBps = gpu.NetworkGBps * factor },
        ])
            Seconds(replica with { Gpu = faster }, work).ShouldBeLessThanOrEqualTo(before * (1 + 1e-12));
    }, iter: 500);

    [Fact]
    public void More_work_is_never_faster() => Gen.Select(Replica, Work).Sample((replica, work) =>
    {
        var model = new StepModel(replica);
        var before = model.Step(work).TotalSeconds;
        var longer = work;
        longer.DecodeContextTokens += work.DecodeSequences;
        model.Step(longer).TotalSeconds.ShouldBeGreaterThanOrEqualTo(before * (1 - 1e-12));
        // In a pipeline another prompt or sequence is another micro-batch, over which all work is taken to split evenly (docs/capacity-model.md,
        // "Where it is weak"): it may fill a bubble. Without a pipeline there is none to fill.
        if (replica.PipelineParallel > 1) return;
        var more = work;
        more.AddPrefill(0, 64, last: true);
        model.Step(more).TotalSeconds.ShouldBeGreaterThanOrEqualTo(before * (1 - 1e-12));
        var wider = work;
        wider.DecodeSequences++;
        wider.DecodeContextTokens++;
        model.Step(wider).TotalSeconds.ShouldBeGreaterThanOrEqualTo(before * (1 - 1e-12));
    }, iter: 500);

    [Fact]
    public void Parts_are_finite_and_add_up() => Gen.Select(Replica, Work).Sample((replica, work) =>
    {
        var model = new StepModel(replica);
        var step = model.Step(work);
        double.IsFinite(step.TotalSeconds).ShouldBeTrue();
        foreach (var part in (double[])[step.ComputeSeconds, step.MemorySeconds, step.CommunicationSeconds, step.LaunchSeconds, step.HostSeconds])
            part.ShouldBeGreaterThanOrEqualTo(0);
        step.TotalSeconds.ShouldBeGreaterThanOrEqualTo(Math.Max(step.GpuSeconds, step.HostSeconds) * (1 - 1e-12));
        step.TotalSeconds.ShouldBeLessThanOrEqualTo((step.GpuSeconds + step.HostSeconds) * (1 + 1e-12));
    }, iter: 500);

    [Fact]
    public void The_short_way_to_a_steps_time_gives_the_same_to_the_last_bit() => Gen.Select(Replica, Gen.Int[0, 1100], Gen.Long[0, 32_768], Gen.OneOf(0, 0, 0, 700)).Sample((replica, sequences, context, prompt) =>
    {
        var model = new StepModel(replica);
        // Twice: the first one of a batch's size works out what the second one finds.
        foreach (var length in (long[])[context, context / 2])
        {
            var work = Step(sequences, (int)length, prompt, 0);
            BitConverter.DoubleToInt64Bits(model.StepSeconds(work)).ShouldBe(BitConverter.DoubleToInt64Bits(model.Step(work).TotalSeconds));
        }
    }, iter: 2000);

    private static double Seconds(ReplicaSpec replica, StepWork work) => new StepModel(replica).Step(work).TotalSeconds;

    private static StepWork Step(int sequences, int context, int prompt, int before)
    {
        var work = StepWork.Decode(sequences, (long)sequences * context);
        if (prompt > 0) work.AddPrefill(before, prompt, last: true);
        return work;
    }
}
