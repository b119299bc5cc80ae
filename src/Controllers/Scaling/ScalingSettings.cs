using Nemotron.Controllers.Prometheus;

namespace Nemotron.Controllers.Scaling;

/// <summary>How the autoscaler works.</summary>
public sealed record ScalingSettings
{
    /// <summary>Where metrics are asked for; null for nowhere, and then nothing is scaled.</summary>
    public PrometheusSettings? Prometheus { get; init; }

    /// <summary>Time between two rounds.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(15);
}
