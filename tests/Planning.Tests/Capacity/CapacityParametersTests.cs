using Nemotron.Planning.Capacity;

namespace Nemotron.Planning.Tests.Capacity;

public sealed class CapacityParametersTests
{
    private const string Engine = """
        name: Mine
        kinds: [Vllm]
        maxSequences: 4
        maxBatchedTokens: 64
        chunkedPrefill: true
        mixedSteps: false
        overlappedHost: true
        scheduledAhead: true
        reservedOutput: 0.5
        measured: { onePromptPerStep: false }
        versions:
          - { from: 0.5.6, mixedSteps: true }
        """;

    private const string Calibration = """
        hardware: { bandwidth: 0.8, bf16Compute: 0.7, fp8Compute: 0.6, fp8DynamicCompute: 0.5, fp4Compute: 0.5, attention: 0.5, blockSeconds: 1E-5, rampTokens: 0, allReduceSeconds: 1E-5, link: 0.7 }
        engines:
          Mine: { stepSeconds: 0.001, sequenceSeconds: 1E-5, launchSeconds: 0, requestSeconds: 0, promptTokenSeconds: 0, outputTokenSeconds: 0, latencySeconds: 0.005 }
        """;

    [Fact]
    public void Every_engine_has_a_profile()
    {
        foreach (var kind in Enum.GetValues<EngineKind>()) CapacityParameters.Default.Engine(kind).Kinds.ShouldContain(kind);
        CapacityParameters.Default.Engine(EngineKind.Triton).ShouldBe(CapacityParameters.Default.Engine(EngineKind.TrtLlmServe));
    }

    [Fact]
    public void What_is_written_reads_back()
    {
        var text = CapacityYaml.Write(CapacityParameters.Default);
        var read = CapacityYaml.Read(EmbeddedDocuments.Under("engines/"), ("written", text));
        CapacityYaml.Write(read).ShouldBe(text);
        read.Hardware.ShouldBe(CapacityParameters.Default.Hardware);
        read.Engines.Select(engine => engine.Overheads).ShouldBe(CapacityParameters.Default.Engines.Select(engine => engine.Overheads));
    }

    [Theory]
    [InlineData("bandwidth: 0.8", "bandwidth: 1.8", "calibration: hardware.bandwidth: must be between 0.01 and 1")]
    [InlineData("bandwidth: 0.8", "bandwith: 0.8", "calibration: hardware.bandwidth: is required")]
    [InlineData("rampTokens: 0,", "rampTokens: 0, ramps: 1,", "calibration: hardware.ramps: is not a known key")]
    [InlineData("  Mine:", "  Other:", "calibration: engines.Mine: is required")]
    [InlineData("stepSeconds: 0.001", "stepSeconds: fast", "calibration: engines.Mine.stepSeconds: must be a number, not 'fast'")]
    public void A_wrong_calibration_is_named_with_place_and_reason(string right, string wrong, string message) =>
        Should.Throw<CatalogueException>(() => Read(Engine, Calibration.Replace(right, wrong, StringComparison.Ordinal))).Message.ShouldContain(message);

    [Theory]
    [InlineData("kinds: [Vllm]", "kinds: [vllm]", "mine.yaml: kinds[0]: 'vllm' is not one of")]
    [InlineData("reservedOutput: 0.5", "reservedOutput: 2", "mine.yaml: reservedOutput: must be between 0 and 1")]
    [InlineData("maxSequences: 4", "maxSequence: 4", "mine.yaml: maxSequences: is required")]
    public void A_wrong_engine_is_named_with_place_and_reason(string right, string wrong, string message) =>
        Should.Throw<CatalogueException>(() => Read(Engine.Replace(right, wrong, StringComparison.Ordinal), Calibration)).Message.ShouldContain(message);

    [Theory]
    [InlineData(null, false)]
    [InlineData("latest", false)]
    [InlineData("0.5.1.post1", false)]
    [InlineData("0.5.6", true)]
    [InlineData("v0.5.6.post2", true)]
    [InlineData("0.5.6rc1", true)]
    [InlineData("0.5.10", true)]
    [InlineData("1.0", true)]
    public void A_version_brings_its_changes(string? version, bool mixed) =>
        Read(Engine, Calibration).Engine(EngineKind.Vllm, version).MixedSteps.ShouldBe(mixed);

    [Fact]
    public void An_engine_without_profile_is_refused() =>
        Should.Throw<ArgumentException>(() => Read(Engine, Calibration).Engine(EngineKind.Triton));

    private static CapacityParameters Read(string engine, string calibration) => CapacityYaml.Read([("mine.yaml", engine)], ("calibration", calibration));
}
