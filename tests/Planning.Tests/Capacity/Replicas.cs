using Nemotron.Planning.Capacity;

namespace Nemotron.Planning.Tests.Capacity;

/// <summary>Short ways to name replicas and steps.</summary>
internal static class Replicas
{
    public static ReplicaSpec Spec(
        string model, int tp = 1, Precision precision = Precision.BF16, string gpu = "H100-SXM", EngineKind engine = EngineKind.TrtLlmServe, int pp = 1) => new()
    {
        Model = Plans.Model(model),
        Gpu = Plans.Gpu(gpu),
        TensorParallel = tp,
        PipelineParallel = pp,
        Precision = precision,
        Engine = engine,
    };

    public static StepModel Model(string model, int tp = 1, Precision precision = Precision.BF16, string gpu = "H100-SXM", EngineKind engine = EngineKind.TrtLlmServe, int pp = 1) =>
        new(Spec(model, tp, precision, gpu, engine, pp));

    public static StepWork Prefill(int tokens, int before = 0)
    {
        var work = new StepWork();
        work.AddPrefill(before, tokens, last: true);
        return work;
    }

    /// <summary>Parameters whose GPUs lose nothing and whose engines take no time, so that a step is what the data sheet says.</summary>
    public static CapacityParameters Ideal { get; } = CapacityParameters.Default with
    {
        Hardware = new HardwareEfficiency
        {
            Bandwidth = 1,
            Bf16Compute = 1,
            Fp8Compute = 1,
            Fp8DynamicCompute = 1,
            Fp4Compute = 1,
            Attention = 1,
            BlockSeconds = 0,
            RampTokens = 0,
            AllReduceSeconds = 0,
            Link = 1,
        },
        Engines = [.. CapacityParameters.Default.Engines.Select(engine => engine with
        {
            Overheads = new EngineOverheads
            {
                StepSeconds = 0,
                SequenceSeconds = 0,
                LaunchSeconds = 0,
                RequestSeconds = 0,
                PromptTokenSeconds = 0,
                OutputTokenSeconds = 0,
                LatencySeconds = 0,
            },
        })],
    };
}
