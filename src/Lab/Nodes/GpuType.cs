namespace Nemotron.Lab.Nodes;

/// <summary>A GPU as GPU feature discovery labels it, and the machine it usually sits in.</summary>
/// <param name="Name">The short name used in <c>--nodes</c>.</param>
/// <param name="Product">The label <c>nvidia.com/gpu.product</c>.</param>
/// <param name="MemoryMiB">The label <c>nvidia.com/gpu.memory</c>: what the driver reports, not the nominal size.</param>
/// <param name="Family">The label <c>nvidia.com/gpu.family</c>.</param>
/// <param name="ComputeMajor">The label <c>nvidia.com/gpu.compute.major</c>.</param>
/// <param name="ComputeMinor">The label <c>nvidia.com/gpu.compute.minor</c>.</param>
/// <param name="PerNode">GPUs in a machine when none are given.</param>
/// <param name="MigCapable">The label <c>nvidia.com/mig.capable</c>.</param>
/// <param name="NodesPerClique">Machines that share one NVLink domain and so one <c>nvidia.com/gpu.clique</c>; 0 when each has its own.</param>
internal sealed record GpuType(
    string Name, string Product, int MemoryMiB, string Family, int ComputeMajor, int ComputeMinor, int PerNode, bool MigCapable, int NodesPerClique = 0)
{
    /// <summary>
    /// The known types. Memory: the driver's figure where one is on record (H100, L40S, A100-40, L4, GB200, GB300, B300, RTX PRO 6000);
    /// for A100, H200 and B200 what nvidia-smi shows on such cards.
    /// </summary>
    public static IReadOnlyList<GpuType> Known { get; } =
    [
        new("A100", "NVIDIA-A100-SXM4-80GB", 81920, "ampere", 8, 0, 8, true),
        new("A100-40", "NVIDIA-A100-SXM4-40GB", 40441, "ampere", 8, 0, 8, true),
        new("L4", "NVIDIA-L4", 23034, "ada-lovelace", 8, 9, 4, false),
        new("L40S", "NVIDIA-L40S", 46068, "ada-lovelace", 8, 9, 4, false),
        new("H100", "NVIDIA-H100-80GB-HBM3", 81559, "hopper", 9, 0, 8, true),
        new("H100-PCIE", "NVIDIA-H100-PCIe", 81559, "hopper", 9, 0, 4, true),
        new("H200", "NVIDIA-H200", 143771, "hopper", 9, 0, 8, true),
        new("B200", "NVIDIA-B200", 183359, "blackwell", 10, 0, 8, true),
        new("B300", "NVIDIA-B300-SXM6-AC", 275040, "blackwell", 10, 3, 8, true),
        new("GB200", "NVIDIA-GB200", 189471, "blackwell", 10, 0, 4, true, 18),
        new("GB300", "NVIDIA-GB300", 284208, "blackwell", 10, 3, 4, true, 18),
        new("RTXPRO6000", "NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition", 97887, "blackwell", 12, 0, 8, true),
    ];

    /// <summary>The type of a name, whatever its case, or null.</summary>
    public static GpuType? Find(string name) => Known.FirstOrDefault(type => type.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
