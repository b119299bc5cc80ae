using System.Globalization;
using System.Text;

namespace Nemotron.Planning.Capacity;

/// <summary>Reads the engines' facts and the calibrated figures, and writes the latter.</summary>
public static class CapacityYaml
{
    /// <summary>Reads parameters.</summary>
    /// <param name="engines">File name and YAML text of each engine's facts.</param>
    /// <param name="calibration">File name and YAML text of the calibrated figures.</param>
    /// <exception cref="CatalogueException">A document cannot be used, or an engine has no calibrated figures.</exception>
    public static CapacityParameters Read(IEnumerable<(string File, string Text)> engines, (string File, string Text) calibration)
    {
        var root = DocumentNode.Parse(calibration.File, calibration.Text);
        var hardware = ReadHardware(root.Required("hardware"));
        var overheads = root.Required("engines");
        var profiles = engines.Select(document => ReadEngine(DocumentNode.Parse(document.File, document.Text), overheads)).ToArray();
        overheads.Finish();
        root.Finish();
        return new CapacityParameters { Hardware = hardware, Engines = profiles };
    }

    /// <summary>The calibrated figures as the document that <see cref="Read"/> takes, four digits each.</summary>
    /// <param name="parameters">The parameters.</param>
    public static string Write(CapacityParameters parameters)
    {
        var text = new StringBuilder();
        text.Append("hardware:\n");
        foreach (var (name, value) in Figures(parameters.Hardware)) Line(2, name, value);
        text.Append("engines:\n");
        foreach (var engine in parameters.Engines)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {engine.Name}:\n");
            foreach (var (name, value) in Figures(engine.Overheads)) Line(4, name, value);
        }
        return text.ToString();

        void Line(int indent, string name, double value) =>
            text.Append(' ', indent).Append(name).Append(": ").Append(value.ToString("G4", CultureInfo.InvariantCulture)).Append('\n');
    }

    private static IEnumerable<(string Name, double Value)> Figures(HardwareEfficiency hardware) =>
    [
        ("bandwidth", hardware.Bandwidth),
        ("bf16Compute", hardware.Bf16Compute),
        ("fp8Compute", hardware.Fp8Compute),
        ("fp8DynamicCompute", hardware.Fp8DynamicCompute),
        ("fp4Compute", hardware.Fp4Compute),
        ("attention", hardware.Attention),
        ("blockSeconds", hardware.BlockSeconds),
        ("rampTokens", hardware.RampTokens),
        ("allReduceSeconds", hardware.AllReduceSeconds),
        ("link", hardware.Link),
    ];

    private static IEnumerable<(string Name, double Value)> Figures(EngineOverheads overheads) =>
    [
        ("stepSeconds", overheads.StepSeconds),
        ("sequenceSeconds", overheads.SequenceSeconds),
        ("launchSeconds", overheads.LaunchSeconds),
        ("requestSeconds", overheads.RequestSeconds),
        ("promptTokenSeconds", overheads.PromptTokenSeconds),
        ("outputTokenSeconds", overheads.OutputTokenSeconds),
        ("latencySeconds", overheads.LatencySeconds),
    ];

    private static HardwareEfficiency ReadHardware(DocumentNode node)
    {
        var hardware = new HardwareEfficiency
        {
            Bandwidth = Share("bandwidth"),
            Bf16Compute = Share("bf16Compute"),
            Fp8Compute = Share("fp8Compute"),
            Fp8DynamicCompute = Share("fp8DynamicCompute"),
            Fp4Compute = Share("fp4Compute"),
            Attention = Share("attention"),
            BlockSeconds = node.Required("blockSeconds").Double(0, 1),
            RampTokens = node.Required("rampTokens").Double(0, 100_000),
            AllReduceSeconds = node.Required("allReduceSeconds").Double(0, 1),
            Link = Share("link"),
        };
        node.Finish();
        return hardware;

        double Share(string name) => node.Required(name).Double(0.01, 1);
    }

    private static EngineProfile ReadEngine(DocumentNode node, DocumentNode overheads)
    {
        var name = node.Required("name").Text();
        var measured = node.Required("measured");
        var profile = new EngineProfile
        {
            Name = name,
            Kinds = [.. node.Required("kinds").Items().Select(kind => kind.Enum<EngineKind>())],
            MaxSequences = node.Required("maxSequences").Int(1, MemoryPlanner.MaxConcurrency),
            MaxBatchedTokens = node.Required("maxBatchedTokens").Int(1, MemoryPlanner.MaxConcurrency),
            ChunkedPrefill = node.Required("chunkedPrefill").Bool(),
            MixedSteps = node.Required("mixedSteps").Bool(),
            OverlappedHost = node.Required("overlappedHost").Bool(),
            ScheduledAhead = node.Required("scheduledAhead").Bool(),
            DynamicScales = node.Optional("dynamicScales")?.Bool() ?? false,
            ReservedOutput = node.Required("reservedOutput").Double(0, 1),
            QuantisedKv = node.Optional("quantisedKv")?.Enum<KvPrecision>(),
            Measured = new MeasuredSetup(
                measured.Required("onePromptPerStep").Bool(), measured.Optional("memoryFraction")?.Double(0.01, 1)),
            Versions = [.. node.Optional("versions")?.Items().Select(ReadVersion) ?? []],
            Overheads = ReadOverheads(overheads.Required(name)),
        };
        measured.Finish();
        node.Finish();
        return profile;
    }

    private static EngineVersion ReadVersion(DocumentNode node)
    {
        var version = new EngineVersion(node.Required("from").Text(), node.Required("mixedSteps").Bool());
        node.Finish();
        return version;
    }

    private static EngineOverheads ReadOverheads(DocumentNode node)
    {
        var overheads = new EngineOverheads
        {
            StepSeconds = Seconds("stepSeconds"),
            SequenceSeconds = Seconds("sequenceSeconds"),
            LaunchSeconds = Seconds("launchSeconds"),
            RequestSeconds = Seconds("requestSeconds"),
            PromptTokenSeconds = Seconds("promptTokenSeconds"),
            OutputTokenSeconds = Seconds("outputTokenSeconds"),
            LatencySeconds = Seconds("latencySeconds"),
        };
        node.Finish();
        return overheads;

        double Seconds(string name) => node.Required(name).Double(0, 10);
    }
}
