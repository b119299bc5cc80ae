namespace Nemotron.Planning.Capacity;

/// <summary>
/// What an engine's own software takes. Fitted per engine by <c>bench/Capacity.Calibration</c>, on servers' CPUs as the measured
/// rows had them, and kept in <c>config/capacity/calibration.yaml</c>.
/// </summary>
public sealed record EngineOverheads
{
    /// <summary>Seconds of host work per step, whatever is in it.</summary>
    public required double StepSeconds { get; init; }

    /// <summary>Seconds of host work per step for each sequence in it: scheduling, sampling, hand-over of its token.</summary>
    public required double SequenceSeconds { get; init; }

    /// <summary>
    /// Seconds in which the host launches the kernels of one mixer or one FFN of a step with prefill, which no CUDA graph covers:
    /// such a step takes at least this for all of them.
    /// </summary>
    public required double LaunchSeconds { get; init; }

    /// <summary>Seconds of the HTTP front end per request; one request at a time.</summary>
    public required double RequestSeconds { get; init; }

    /// <summary>Seconds of the front end per prompt token: parsing and tokenisation.</summary>
    public required double PromptTokenSeconds { get; init; }

    /// <summary>Seconds of the front end per output token: one streamed chunk; in turn with the requests.</summary>
    public required double OutputTokenSeconds { get; init; }

    /// <summary>Seconds on the way between client and engine and back, per request, that hold up nobody else.</summary>
    public required double LatencySeconds { get; init; }
}
