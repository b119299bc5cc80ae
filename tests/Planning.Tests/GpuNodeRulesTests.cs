namespace Nemotron.Planning.Tests;

public sealed class GpuNodeRulesTests
{
    [Fact]
    public void A_node_is_planned_with_the_memory_it_reports()
    {
        var verdict = Read(("gpu.product", "NVIDIA-H100-80GB-HBM3"), ("gpu.memory", "81559"), ("gpu.count", "8"), ("gpu.sharing-strategy", "none"), ("gpu.clique", "c1.2"));
        verdict.Refusal.ShouldBeNull();
        verdict.Node.ShouldBe(new GpuNode(Plans.Gpu("H100-SXM"), "H100-80GB-HBM3", 81559, 8, "c1.2"));
    }

    [Fact]
    public void An_older_drivers_smaller_figure_is_still_the_same_gpu() =>
        Read(("gpu.product", "A100-SXM4-40GB"), ("gpu.memory", "39538"), ("gpu.count", "8")).Node!.MemoryMiB.ShouldBe(39538);

    [Fact]
    public void A_product_that_the_catalogue_lacks_can_be_planned_by_its_memory() =>
        Read(("gpu.product", "NVIDIA-NEW-GPU"), ("gpu.memory", "100000"), ("gpu.count", "4")).Node.ShouldBe(new GpuNode(null, "NEW-GPU", 100000, 4, null));

    [Fact]
    public void Such_a_product_is_known_by_its_labels()
    {
        var type = Read(
            ("gpu.product", "NVIDIA-H200-NVL"), ("gpu.memory", "143771"), ("gpu.count", "4"), ("gpu.compute.major", "9"), ("gpu.compute.minor", "0")).Node!.Type!;
        (type.Name, type.MemoryMiB, type.ComputeCapability, type.DomainGpus).ShouldBe(("H200-NVL", 143771, 90, 4));
        type.Supports(Precision.FP8).ShouldBeTrue();
        type.Supports(Precision.NVFP4).ShouldBeFalse();
    }

    [Theory]
    [InlineData("gpu.product", "A100-SXM4-40GB-MIG-1g.5gb", "MIG slices (1g.5gb)")]
    [InlineData("mig-1g.5gb.count", "2", "MIG slices (strategy mixed)")]
    [InlineData("gpu.product", "A100-SXM4-40GB-SHARED", "shares each GPU")]
    [InlineData("gpu.replicas", "4", "shares each GPU")]
    [InlineData("gpu.sharing-strategy", "mps", "shares each GPU between containers (mps)")]
    [InlineData("gpu.memory", "81559", "mixed")]
    [InlineData("gpu.memory", "lots", "no usable label nvidia.com/gpu.memory")]
    [InlineData("gpu.count", "0", "no usable label nvidia.com/gpu.count")]
    [InlineData("gpu.product", "", "no label nvidia.com/gpu.product")]
    public void Slices_shares_and_mixtures_are_refused(string label, string value, string reason) =>
        Read(("gpu.product", "A100-SXM4-40GB"), ("gpu.memory", "40960"), ("gpu.count", "8"), ("gpu.replicas", "1"), (label, value))
            .Refusal!.ShouldContain(reason);

    [Fact]
    public void A_node_that_offers_other_than_it_is_labelled_with_is_refused() =>
        GpuNodeRules.Read(Labels(("gpu.product", "NVIDIA-L40S"), ("gpu.memory", "46068"), ("gpu.count", "2")), GpuCatalogue.Default, capacity: 4)
            .Refusal!.ShouldContain("labelled with 2 GPUs but offers 4");

    [Fact]
    public void Nodes_of_a_set_are_alike_and_count_with_their_least()
    {
        var small = new GpuNode(Plans.Gpu("L40S"), "L40S", 46068, 4, "a");
        var large = small with { MemoryMiB = 46080, Count = 8 };
        GpuNodeRules.Join([large, small]).Node.ShouldBe(small);
        GpuNodeRules.Join([large, small with { Clique = "b" }]).Node!.Clique.ShouldBeNull();
        GpuNodeRules.Join([small, small with { Product = "L4" }]).Refusal!.ShouldContain("mixes L40S and L4");
        GpuNodeRules.Join([]).Refusal!.ShouldContain("no node");
    }

    [Theory]
    [InlineData("H100-SXM", 4, "clique", 4)]
    [InlineData("GB200", 4, "clique", 72)]
    [InlineData("GB200", 4, null, 4)]
    public void A_request_for_nodes_takes_what_they_have(string gpu, int count, string? clique, int domain)
    {
        var request = Plans.Request("Nano").On(new GpuNode(Plans.Gpu(gpu), gpu, 70_000, count, clique));
        (request.GpuMemoryMiB, request.GpusPerNode, request.DomainGpus).ShouldBe((70_000, count, domain));
    }

    [Fact]
    public void A_node_with_fewer_gpus_ends_the_group_sooner()
    {
        var plan = MemoryPlanner.Plan(Plans.Request("Ultra", 8) with { GpusPerNode = 4 });
        plan.Findings.ShouldContain(finding => finding.Refuses && finding.Kind == PlanFindingKind.NvLinkDomain);
        MemoryPlanner.Plan(Plans.Request("Ultra", null) with { GpusPerNode = 4 }).TensorParallel.ShouldBe(4);
        MemoryPlanner.Plan(Plans.Request("Ultra", 8, gpu: "GB200") with { GpusPerNode = 4 }).Nodes.ShouldBe(2);
    }

    private static GpuNodeVerdict Read(params (string Name, string Value)[] labels) => GpuNodeRules.Read(Labels(labels), GpuCatalogue.Default);

    private static Dictionary<string, string> Labels(params (string Name, string Value)[] labels)
    {
        var result = new Dictionary<string, string>();
        foreach (var (name, value) in labels) result["nvidia.com/" + name] = value;
        return result;
    }
}
