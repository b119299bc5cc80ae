using Nemotron.Planning.Capacity;

namespace Nemotron.Capacity.Calibration;

/// <summary>One figure that is fitted: how it is read and set, where it may lie, and what is believed of it without rows.</summary>
/// <param name="Name">As the parameter file has it, after the engine's name where it is one engine's.</param>
/// <param name="Engine">The engine whose rows it bears on; null for all.</param>
/// <param name="Prior">The value without rows: a figure that takes no part in any row stays there.</param>
/// <param name="Most">The largest value that makes sense.</param>
/// <param name="Get">Reads it.</param>
/// <param name="Set">Gives parameters with another value.</param>
public sealed record FittedFigure(
    string Name, string? Engine, double Prior, double Most, Func<CapacityParameters, double> Get, Func<CapacityParameters, double, CapacityParameters> Set)
{
    /// <summary>The fitted figures. FP4's share follows FP8's and attention's is assumed: no rows tell them apart.</summary>
    public static IReadOnlyList<FittedFigure> All(CapacityParameters parameters) =>
    [
        Hardware("bandwidth", 0.8, 0.95, h => h.Bandwidth, (h, v) => h with { Bandwidth = v }),
        Hardware("bf16Compute", 0.7, 0.95, h => h.Bf16Compute, (h, v) => h with { Bf16Compute = v }),
        Hardware("fp8DynamicCompute", 0.5, 0.95, h => h.Fp8DynamicCompute, (h, v) => h with { Fp8DynamicCompute = v }),
        Hardware("blockSeconds", 15e-6, 1e-3, h => h.BlockSeconds, (h, v) => h with { BlockSeconds = v }),
        Hardware("rampTokens", 150, 1000, h => h.RampTokens, (h, v) => h with { RampTokens = v }),
        Hardware("allReduceSeconds", 6e-6, 1e-3, h => h.AllReduceSeconds, (h, v) => h with { AllReduceSeconds = v }),
        Hardware("link", 0.7, 0.95, h => h.Link, (h, v) => h with { Link = v }),
        .. parameters.Engines.SelectMany(engine => (FittedFigure[])
        [
            Overhead(engine.Name, "stepSeconds", 2e-3, o => o.StepSeconds, (o, v) => o with { StepSeconds = v }),
            Overhead(engine.Name, "sequenceSeconds", 35e-6, o => o.SequenceSeconds, (o, v) => o with { SequenceSeconds = v }),
            Overhead(engine.Name, "launchSeconds", 0.2e-3, o => o.LaunchSeconds, (o, v) => o with { LaunchSeconds = v }),
            Overhead(engine.Name, "requestSeconds", 3e-3, o => o.RequestSeconds, (o, v) => o with { RequestSeconds = v }),
            Overhead(engine.Name, "promptTokenSeconds", 1.5e-6, o => o.PromptTokenSeconds, (o, v) => o with { PromptTokenSeconds = v }),
            Overhead(engine.Name, "outputTokenSeconds", 30e-6, o => o.OutputTokenSeconds, (o, v) => o with { OutputTokenSeconds = v }),
            Overhead(engine.Name, "latencySeconds", 5e-3, o => o.LatencySeconds, (o, v) => o with { LatencySeconds = v }),
        ]),
    ];

    /// <summary>Parameters with every fitted figure at its prior.</summary>
    public static CapacityParameters Priors(CapacityParameters parameters) =>
        All(parameters).Aggregate(parameters, (sum, figure) => figure.Set(sum, figure.Prior));

    private static FittedFigure Hardware(
        string name, double prior, double most, Func<HardwareEfficiency, double> get, Func<HardwareEfficiency, double, HardwareEfficiency> set) =>
        new(name, null, prior, most, p => get(p.Hardware), (p, v) => p with { Hardware = set(p.Hardware, v) });

    private static FittedFigure Overhead(
        string engine, string name, double prior, Func<EngineOverheads, double> get, Func<EngineOverheads, double, EngineOverheads> set) =>
        new($"{engine}.{name}", engine, prior, 1,
            p => get(p.Engines.Single(e => e.Name == engine).Overheads),
            (p, v) => p with { Engines = [.. p.Engines.Select(e => e.Name == engine ? e with { Overheads = set(e.Overheads, v) } : e)] });
}
