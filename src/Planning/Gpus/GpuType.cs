namespace Nemotron.Planning;

/// <summary>One kind of GPU. Rates that no source gives are null, never a guess.</summary>
public sealed record GpuType
{
    /// <summary>The catalogue name, as CLI and resources take it.</summary>
    public required string Name { get; init; }

    /// <summary>Values of the node label <c>nvidia.com/gpu.product</c>, without the <c>NVIDIA-</c> prefix.</summary>
    public IReadOnlyList<string> Products { get; init; } = [];

    /// <summary>Memory in MiB as a driver reports it; a plan for real nodes takes the node's <c>nvidia.com/gpu.memory</c> instead.</summary>
    public required int MemoryMiB { get; init; }

    /// <summary>Compute capability × 10: 80 Ampere, 89 Ada, 90 Hopper, 100 and above Blackwell.</summary>
    public required int ComputeCapability { get; init; }

    /// <summary>Memory bandwidth in 10^9 bytes per second.</summary>
    public double? BandwidthGBps { get; init; }

    /// <summary>Dense bf16 compute in 10^12 operations per second.</summary>
    public double? Bf16Tflops { get; init; }

    /// <summary>Dense FP8 compute in 10^12 operations per second; null where the GPU has none or no source gives it.</summary>
    public double? Fp8Tflops { get; init; }

    /// <summary>Dense FP4 compute in 10^12 operations per second; null where the GPU has none or no source gives it.</summary>
    public double? Fp4Tflops { get; init; }

    /// <summary>Board power in watts.</summary>
    public double? Watts { get; init; }

    /// <summary>NVLink, one direction per GPU, in 10^9 bytes per second; null where GPUs talk over PCIe.</summary>
    public double? NvLinkGBps { get; init; }

    /// <summary>PCIe, one direction per GPU, in 10^9 bytes per second; given where there is no NVLink.</summary>
    public double? PcieGBps { get; init; }

    /// <summary>Network between nodes, one direction per GPU, in 10^9 bytes per second.</summary>
    public double? NetworkGBps { get; init; }

    /// <summary>GPUs of a usual node.</summary>
    public int GpusPerNode { get; init; } = 8;

    /// <summary>GPUs that one tensor-parallel group may span at full speed: the NVLink domain, or the node where there is no NVLink.</summary>
    public int DomainGpus { get; init; } = 8;

    /// <summary>Marks on figures that were not read first-hand.</summary>
    public IReadOnlyList<FigureProvenance> Provenance { get; init; } = [];

    /// <summary>Whether the tensor cores take a precision: FP8 from compute capability 8.9, NVFP4 from 10.0.</summary>
    /// <param name="precision">The precision of the weights.</param>
    public bool Supports(Precision precision) => ComputeCapability >= PrecisionRules.Needs(precision);

    /// <summary>Whether the attention kernels take a KV-cache precision, by the same limits.</summary>
    /// <param name="precision">The precision of the KV cache.</param>
    public bool Supports(KvPrecision precision) => ComputeCapability >= PrecisionRules.Needs(precision);
}
