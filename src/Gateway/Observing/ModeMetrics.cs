using Prometheus;

namespace Nemotron.Gateway.Observing;

/// <summary>The families of metrics that are kept by reasoning mode.</summary>
internal sealed record ModeFamilies(
    Counter Begun, Counter FinishedTokens, Gauge InFlight, Gauge Waiting, Counter PromptTokens, Counter OutputTokens, Counter ThinkingTokens, Histogram TimeToFirstToken, Histogram InterTokenLatency, Histogram TimePerOutputToken, Histogram Duration);

/// <summary>The series of one reasoning mode, looked up once.</summary>
internal sealed class ModeMetrics(ModeFamilies families, string mode)
{
    /// <summary>Requests that have begun.</summary>
    public Counter.Child Begun { get; } = families.Begun.WithLabels(mode);

    /// <summary>Output tokens of requests that have ended well.</summary>
    public Counter.Child FinishedTokens { get; } = families.FinishedTokens.WithLabels(mode);

    /// <summary>Requests being served.</summary>
    public Gauge.Child InFlight { get; } = families.InFlight.WithLabels(mode);

    /// <summary>Requests without their first token.</summary>
    public Gauge.Child Waiting { get; } = families.Waiting.WithLabels(mode);

    /// <summary>Prompt tokens.</summary>
    public Counter.Child PromptTokens { get; } = families.PromptTokens.WithLabels(mode);

    /// <summary>Output tokens.</summary>
    public Counter.Child OutputTokens { get; } = families.OutputTokens.WithLabels(mode);

    /// <summary>Tokens of traces.</summary>
    public Counter.Child ThinkingTokens { get; } = families.ThinkingTokens.WithLabels(mode);

    /// <summary>TTFT.</summary>
    public Histogram.Child TimeToFirstToken { get; } = families.TimeToFirstToken.WithLabels(mode);

    /// <summary>ITL.</summary>
    public Histogram.Child InterTokenLatency { get; } = families.InterTokenLatency.WithLabels(mode);

    /// <summary>TPOT.</summary>
    public Histogram.Child TimePerOutputToken { get; } = families.TimePerOutputToken.WithLabels(mode);

    /// <summary>Whole duration.</summary>
    public Histogram.Child Duration { get; } = families.Duration.WithLabels(mode);
}
