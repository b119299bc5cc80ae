namespace Nemotron.Planning.Tests;

/// <summary>Short ways to ask for a plan.</summary>
internal static class Plans
{
    public static ModelEntry Model(string name) => ModelCatalogue.Default.Find(name);

    public static GpuType Gpu(string name) => GpuCatalogue.Default.Find(name);

    public static PlanRequest Request(string model, int? tp = 1, Precision precision = Precision.BF16, string gpu = "H100-SXM", int? context = 8192) =>
        new() { Model = Model(model), Gpu = Gpu(gpu), TensorParallel = tp, Precision = precision, ContextTokens = context };

    public static MemoryPlan Plan(string model, int? tp = 1, Precision precision = Precision.BF16, string gpu = "H100-SXM", int? context = 8192) =>
        MemoryPlanner.Plan(Request(model, tp, precision, gpu, context));

    public static ModelEntry Entry(ModelArchitecture architecture) => new()
    {
        Name = "test",
        DisplayName = "test",
        Architecture = architecture,
        Engines = Enum.GetValues<EngineKind>(),
    };
}
