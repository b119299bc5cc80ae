using BenchmarkDotNet.Attributes;

namespace Nemotron.Planning.Bench;

/// <summary>
/// One memory plan, as webhook, reconciler and simulator ask for it. The budget is 20 µs and 10 KB.
/// Run with <c>dotnet run -c Release --project bench/Planning.Bench -- --filter '*'</c>, and <c>--job short</c> where time is short.
/// </summary>
[MemoryDiagnoser]
public class MemoryPlanBenchmarks
{
    private PlanRequest _request = null!;

    /// <summary>The plain, the most varied, the hybrid, the windowed, the one that never fits, and the one in stages.</summary>
    [Params("Super", "Ultra", "Nemotron-H-56B", "Hymba-1.5B", "405B on A10G", "Ultra in 4 stages")]
    public string Case { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        var stages = Case.EndsWith("stages", StringComparison.Ordinal);
        var tooLarge = Case.StartsWith("405B", StringComparison.Ordinal);
        _request = new PlanRequest
        {
            Model = ModelCatalogue.Default.Find(stages ? "Ultra" : tooLarge ? "Llama-3.1-405B" : Case),
            Gpu = GpuCatalogue.Default.Find(tooLarge ? "A10G" : "H100-SXM"),
            PipelineParallel = stages ? 4 : 1,
            ContextTokens = 8192,
            Concurrency = 16,
        };
    }

    [Benchmark(Baseline = true)]
    public MemoryPlan Plan() => MemoryPlanner.Plan(_request);

    [Benchmark]
    public int PlanAndLines() => MemoryPlanner.Plan(_request).Lines.Count;
}
