namespace Nemotron.Planning;

/// <summary>Reads one kind of GPU from its YAML document.</summary>
public static class GpuYaml
{
    private const double MaxRate = 10_000_000;

    /// <summary>Reads a GPU.</summary>
    /// <param name="file">What errors call the document.</param>
    /// <param name="text">The document.</param>
    /// <exception cref="CatalogueException">The text is no YAML, or has a wrong key or value.</exception>
    public static GpuType Parse(string file, string text)
    {
        var root = DocumentNode.Parse(file, text);
        var perNode = root.Required("gpusPerNode").Int(1, 1024);
        var gpu = new GpuType
        {
            Name = root.Required("name").Text(),
            Products = root.Optional("products")?.Texts() ?? [],
            MemoryMiB = root.Required("memoryMiB").Int(1, MemoryPlanner.MaxGpuMemoryMiB),
            ComputeCapability = root.Required("computeCapability").Int(10, 999),
            BandwidthGBps = root.Optional("bandwidthGBps")?.Double(1, MaxRate),
            Bf16Tflops = root.Optional("bf16Tflops")?.Double(1, MaxRate),
            Fp8Tflops = root.Optional("fp8Tflops")?.Double(1, MaxRate),
            Fp4Tflops = root.Optional("fp4Tflops")?.Double(1, MaxRate),
            Watts = root.Optional("watts")?.Double(1, MaxRate),
            NvLinkGBps = root.Optional("nvlinkGBps")?.Double(1, MaxRate),
            PcieGBps = root.Optional("pcieGBps")?.Double(1, MaxRate),
            NetworkGBps = root.Optional("networkGBps")?.Double(1, MaxRate),
            GpusPerNode = perNode,
            DomainGpus = root.Optional("domainGpus")?.Int(1, 4096) ?? perNode,
            Provenance = [.. root.Optional("provenance")?.Items().Select(ModelYaml.ReadProvenance) ?? []],
        };
        root.Finish();
        return gpu;
    }
}
