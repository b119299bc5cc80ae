using Nemotron.Planning.Scaling;

namespace Nemotron.Controllers.Scaling;

/// <summary>What the last tick came to for one deployment.</summary>
internal sealed record ScalingVerdict
{
    /// <summary>What was decided; null where nothing could be, since the capacity of a replica is not known.</summary>
    public ScalingDecision? Decision { get; init; }

    /// <summary>What the next decision takes over.</summary>
    public required ScalingState State { get; init; }

    /// <summary>How far the thinking budget is lowered; null where there is no rule.</summary>
    public PressureState? Pressure { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What is known of metrics.</summary>
    public required MetricsHealth Metrics { get; init; }

    /// <summary>What the status shows of load and state, changed only where that is worth a write.</summary>
    public required ShownScaling Shown { get; init; }
}

/// <summary>Whether metrics are there.</summary>
/// <param name="Available">Null where nothing was to be expected, since no replica serves.</param>
/// <param name="Reason">Why, in a word.</param>
/// <param name="Message">Why, in a sentence.</param>
internal sealed record MetricsHealth(bool? Available, string Reason, string Message);
