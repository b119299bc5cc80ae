namespace Nemotron.Planning.Capacity;

/// <summary>What a forward pass gets of a GPU's rates: data sheet times efficiency.</summary>
internal sealed class GpuRates
{
    public GpuRates(ReplicaSpec spec, EngineProfile engine, HardwareEfficiency efficiency)
    {
        var gpu = spec.Gpu;
        BytesPerSecond = Known(gpu, gpu.BandwidthGBps, "bandwidthGBps") * 1e9 * efficiency.Bandwidth;
        var bf16 = Known(gpu, gpu.Bf16Tflops, "bf16Tflops") * 1e12;
        AttentionFlops = bf16 * efficiency.Attention;
        var fp8 = engine.DynamicScales || spec.Model.CheckpointFor(Precision.FP8) is { BlockScaled: true } ? efficiency.Fp8DynamicCompute : efficiency.Fp8Compute;
        // Every checkpoint keeps some matrices in bf16; the quantised rate is only asked for where it is used.
        MatrixFlops =
        [
            bf16 * efficiency.Bf16Compute,
            spec.Precision == Precision.FP8 ? Known(gpu, gpu.Fp8Tflops, "fp8Tflops") * 1e12 * fp8 : 0,
            spec.Precision == Precision.NVFP4 ? Known(gpu, gpu.Fp4Tflops, "fp4Tflops") * 1e12 * efficiency.Fp4Compute : 0,
        ];

        var beyondNode = spec.TensorParallel * spec.PipelineParallel > gpu.GpusPerNode && gpu.DomainGpus <= gpu.GpusPerNode;
        var groupBeyondNode = beyondNode && spec.TensorParallel > gpu.GpusPerNode;
        (LinkBytesPerSecond, var factor) = Link(gpu, groupBeyondNode, spec.TensorParallel > 1, efficiency);
        AllReduceSeconds = spec.TensorParallel > 1 ? efficiency.AllReduceSeconds * factor * Math.Log2(spec.TensorParallel) : 0;
        (StageBytesPerSecond, factor) = Link(gpu, beyondNode, spec.PipelineParallel > 1, efficiency);
        HandOverSeconds = efficiency.AllReduceSeconds * factor;
    }

    public double BytesPerSecond { get; }

    /// <summary>By <see cref="Precision"/>.</summary>
    public double[] MatrixFlops { get; }

    public double AttentionFlops { get; }

    /// <summary>Of the all-reduce, one way per GPU.</summary>
    public double LinkBytesPerSecond { get; }

    /// <summary>The fixed part of one all-reduce.</summary>
    public double AllReduceSeconds { get; }

    /// <summary>Between pipeline stages, one way per GPU.</summary>
    public double StageBytesPerSecond { get; }

    /// <summary>The fixed part of a hand-over between stages.</summary>
    public double HandOverSeconds { get; }

    private static (double BytesPerSecond, double LatencyFactor) Link(GpuType gpu, bool beyondNode, bool used, HardwareEfficiency efficiency)
    {
        if (!used) return (double.PositiveInfinity, 0);
        if (beyondNode) return (Known(gpu, gpu.NetworkGBps, "networkGBps") * 1e9 * efficiency.Link, efficiency.NetworkLatencyFactor);
        return gpu.NvLinkGBps is { } nvlink
            ? (nvlink * 1e9 * efficiency.Link, 1)
            : (Known(gpu, gpu.PcieGBps, "nvlinkGBps or pcieGBps") * 1e9 * efficiency.Link, efficiency.PcieLatencyFactor);
    }

    private static double Known(GpuType gpu, double? rate, string figure) => rate ?? throw new UnknownRateException(gpu.Name, figure);
}
