using Nemotron.Planning;

namespace Nemotron.Lab.Nodes;

/// <summary>A GPU as GPU feature discovery labels it, and the machine it usually sits in. Memory, product and compute capability are the catalogue's.</summary>
/// <param name="Name">The short name used in <c>--nodes</c>.</param>
/// <param name="Type">The catalogue's entry.</param>
/// <param name="Family">The label <c>nvidia.com/gpu.family</c>.</param>
/// <param name="PerNode">GPUs in a machine when none are given.</param>
/// <param name="MigCapable">The label <c>nvidia.com/mig.capable</c>.</param>
internal sealed record NodeGpu(string Name, GpuType Type, string Family, int PerNode, bool MigCapable)
{
    /// <summary>The types that nodes can have.</summary>
    public static IReadOnlyList<NodeGpu> Known { get; } =
    [
        Of("A100", "A100-SXM-80GB", "ampere", 8, true),
        Of("A100-40", "A100-SXM-40GB", "ampere", 8, true),
        Of("A10G", "A10G", "ampere", 4, false),
        Of("L4", "L4", "ada-lovelace", 4, false),
        Of("L40S", "L40S", "ada-lovelace", 4, false),
        Of("H100", "H100-SXM", "hopper", 8, true),
        Of("H100-PCIE", "H100-PCIe", "hopper", 4, true),
        Of("H200", "H200-SXM", "hopper", 8, true),
        Of("B200", "B200-SXM", "blackwell", 8, true),
        Of("B300", "B300-SXM", "blackwell", 8, true),
        Of("GB200", "GB200", "blackwell", 4, true),
        Of("GB300", "GB300", "blackwell", 4, true),
        Of("RTXPRO6000", "RTX-PRO-6000", "blackwell", 8, true),
    ];

    /// <summary>The label <c>nvidia.com/gpu.product</c>.</summary>
    public string Product => $"NVIDIA-{Type.Products[0]}";

    /// <summary>The label <c>nvidia.com/gpu.memory</c>: what the driver reports, not the nominal size.</summary>
    public int MemoryMiB => Type.MemoryMiB;

    /// <summary>The label <c>nvidia.com/gpu.compute.major</c>.</summary>
    public int ComputeMajor => Type.ComputeCapability / 10;

    /// <summary>The label <c>nvidia.com/gpu.compute.minor</c>.</summary>
    public int ComputeMinor => Type.ComputeCapability % 10;

    /// <summary>Machines that share one NVLink domain and so one <c>nvidia.com/gpu.clique</c>; 0 when each has its own.</summary>
    public int NodesPerClique => Type.DomainGpus > PerNode ? Type.DomainGpus / PerNode : 0;

    /// <summary>The type of a short or catalogue name, whatever its case, or null.</summary>
    public static NodeGpu? Find(string name) => Known.FirstOrDefault(gpu =>
        gpu.Name.Equals(name, StringComparison.OrdinalIgnoreCase) || gpu.Type.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static NodeGpu Of(string name, string catalogueName, string family, int perNode, bool migCapable) =>
        new(name, GpuCatalogue.Default.Find(catalogueName), family, perNode, migCapable);
}
