using System.Text.Json;
using System.Text.Json.Serialization;
using Nemotron.Crds.Attributes;

namespace Nemotron.Crds;

/// <summary>Whether the model thinks before it answers, and who decides.</summary>
[ValidationRule(
    "!has(self.pressure) || has(self.budgetTokens)",
    fieldPath: ".budgetTokens",
    reason: "FieldValueRequired",
    message: "must be set together with pressure: it is what is lowered")]
[ValidationRule(
    "!has(self.pressure) || !has(self.budgetTokens) || self.pressure.floorTokens < self.budgetTokens",
    fieldPath: ".pressure.floorTokens",
    message: "must be below budgetTokens: else there is nothing to lower")]
public sealed record ReasoningSpec
{
    /// <summary>The mode of a request whose client says nothing: On or Off. kubectl's YAML reader takes the bare words for true and false, which mean the same.</summary>
    [DefaultValue(ReasoningMode.Off), EnumValues("On", "Off", true, false), PreserveUnknownFields]
    [JsonConverter(typeof(ReasoningModeJsonConverter))]
    public ReasoningMode? Default { get; init; }

    /// <summary>Default: the client may override the mode. Enforced: it may not, and a response header says so.</summary>
    [DefaultValue(ReasoningEnforcement.Default)]
    public ReasoningEnforcement? Enforcement { get; init; }

    /// <summary>Most tokens of a reasoning trace; the trace is ended there and the answer follows. A client may ask for less. Absent: no limit but the context. Needs an engine that ends traces: TensorRT-LLM 1.3.0rc14 or newer with a reasoning parser; with others it is named in AllFieldsInEffect.</summary>
    [RangeMinimum(1), RangeMaximum(16_777_216)]
    public long? BudgetTokens { get; init; }

    /// <summary>
    /// Lowers the budget step by step while all replicas that may exist serve and requests wait all the same, or the KV cache is full; restores it when there is room again.
    /// Absent: the budget stays as declared. Needs budgetTokens and autoscaling, which tells when the ceiling is reached.
    /// </summary>
    public PressureSpec? Pressure { get; init; }

    /// <summary>Sampling of requests that leave it open, by mode.</summary>
    public SamplingSpec? Sampling { get; init; }
}

/// <summary>How far and how fast the thinking budget is lowered under pressure. Each step halves it.</summary>
public sealed record PressureSpec
{
    /// <summary>Where the lowering ends, in tokens of a trace.</summary>
    [RangeMinimum(1), RangeMaximum(16_777_216)]
    public required long FloorTokens { get; init; }

    /// <summary>How long the pressure must last before each step down.</summary>
    [DefaultValue("2m"), ValidationRule("self >= duration('15s')", message: "must be at least 15s: the load is looked at about so often")]
    public Duration? StepAfter { get; init; }

    /// <summary>How long there must have been room before each step up.</summary>
    [DefaultValue("10m"), ValidationRule("self >= duration('15s')", message: "must be at least 15s: the load is looked at about so often")]
    public Duration? RestoreAfter { get; init; }
}

/// <summary>Sampling by reasoning mode.</summary>
public sealed record SamplingSpec
{
    /// <summary>While thinking. What is absent is as the model's card advises: temperature 0.6, top-p 0.95.</summary>
    public SamplingParameters? ModeOn { get; init; }

    /// <summary>While not thinking. What is absent is as the model's card advises: greedy, unless topP, topK or minP is set.</summary>
    public SamplingParameters? ModeOff { get; init; }
}

/// <summary>Sampling parameters, set where the client left them out.</summary>
public sealed record SamplingParameters
{
    /// <summary>Spread of the distribution; 0 is greedy.</summary>
    [RangeMinimum(0), RangeMaximum(2)]
    public double? Temperature { get; init; }

    /// <summary>Share of probability to draw from, above 0.</summary>
    [RangeMinimum(0, exclusiveMinimum: true), RangeMaximum(1)]
    public double? TopP { get; init; }

    /// <summary>How many of the likeliest tokens to draw from.</summary>
    [RangeMinimum(1), RangeMaximum(1_000_000)]
    public int? TopK { get; init; }

    /// <summary>Least probability of a token, relative to the likeliest.</summary>
    [RangeMinimum(0), RangeMaximum(1)]
    public double? MinP { get; init; }

    /// <summary>Divides the likelihood of tokens already seen; 1 changes nothing.</summary>
    [RangeMinimum(0, exclusiveMinimum: true), RangeMaximum(2)]
    public double? RepetitionPenalty { get; init; }

    /// <summary>Most output tokens of a request that names no limit, reasoning trace included.</summary>
    [RangeMinimum(1), RangeMaximum(16_777_216)]
    public long? MaxTokens { get; init; }
}

/// <summary>
/// Reads a reasoning mode from On and Off, and from true and false: in YAML 1.1, which kubectl and Helm read, a bare On is a boolean,
/// so that <c>default: On</c> reaches the API server as <c>true</c>.
/// </summary>
public sealed class ReasoningModeJsonConverter : JsonConverter<ReasoningMode>
{
    /// <inheritdoc/>
    public override ReasoningMode Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.True => ReasoningMode.On,
        JsonTokenType.False => ReasoningMode.Off,
        JsonTokenType.String when reader.ValueTextEquals("On"u8) => ReasoningMode.On,
        JsonTokenType.String when reader.ValueTextEquals("Off"u8) => ReasoningMode.Off,
        _ => throw new JsonException("expected On or Off"),
    };

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ReasoningMode value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value == ReasoningMode.On ? "On" : "Off");
}
