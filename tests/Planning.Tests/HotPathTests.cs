namespace Nemotron.Planning.Tests;

public sealed class HotPathTests
{
    [Theory]
    [InlineData("Super", "H100-SXM", 1)]
    [InlineData("Ultra", "H100-SXM", 4)]
    [InlineData("Hymba-1.5B", "L4", 1)]
    [InlineData("Llama-3.1-405B", "A10G", 1)]
    public void A_plan_allocates_under_ten_kilobytes(string model, string gpu, int stages)
    {
        var request = new PlanRequest { Model = Plans.Model(model), Gpu = Plans.Gpu(gpu), PipelineParallel = stages, Concurrency = 16 };
        MemoryPlanner.Plan(request);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var plan = MemoryPlanner.Plan(request);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(10_000);
        plan.ShouldNotBeNull();
    }

    [Fact]
    public void Planning_knows_nothing_of_kubernetes_or_the_network()
    {
        var references = typeof(MemoryPlanner).Assembly.GetReferencedAssemblies().Select(name => name.Name!).ToArray();
        references.ShouldNotContain(name => name.StartsWith("System.Net", StringComparison.Ordinal));
        references.ShouldNotContain(name => name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));
        references.ShouldNotContain(name => name.StartsWith("Kubernetes", StringComparison.Ordinal));
        references.ShouldContain("YamlDotNet");
    }
}
