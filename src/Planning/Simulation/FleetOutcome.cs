namespace Nemotron.Planning.Simulation;

/// <summary>What a simulated run came to.</summary>
public sealed record FleetOutcome
{
    /// <summary>Requests of the trace.</summary>
    public required int Requests { get; init; }

    /// <summary>Requests that were lost to crashes, turned away or never served.</summary>
    public required int Failed { get; init; }

    /// <summary>Share of all requests that were within both objectives, in [0, 1].</summary>
    public required double Goodput { get; init; }

    /// <summary>GPU-hours from the trace's start to its last arrival, loading and draining included.</summary>
    public required double GpuHours { get; init; }

    /// <summary>Those of them in which a replica loaded or had no request.</summary>
    public required double WastedGpuHours { get; init; }

    /// <summary>Median time to first token, queueing included.</summary>
    public required TimeSpan TtftP50 { get; init; }

    /// <summary>99th percentile of the time to first token.</summary>
    public required TimeSpan TtftP99 { get; init; }

    /// <summary>Median over requests of the mean time between tokens.</summary>
    public required TimeSpan ItlP50 { get; init; }

    /// <summary>99th percentile over requests of the mean time between tokens.</summary>
    public required TimeSpan ItlP99 { get; init; }

    /// <summary>Changes of the number of replicas.</summary>
    public required int ScaleEvents { get; init; }

    /// <summary>The most changes of direction, up to down or down to up, in any ten minutes.</summary>
    public required int DirectionChanges { get; init; }

    /// <summary>The most requests that waited at a tick for a place in a batch or for a replica.</summary>
    public required int WorstQueue { get; init; }

    /// <summary>The most replicas that existed at a tick, those loading and draining included.</summary>
    public required int MostReplicas { get; init; }

    /// <summary>One sample a tick; empty unless asked for.</summary>
    public required IReadOnlyList<FleetSample> Timeline { get; init; }
}

/// <summary>A fleet at a tick.</summary>
/// <param name="At">Time since the trace's start.</param>
/// <param name="ArrivalsOff">Requests per second that do not think, as scraped; null where unknown.</param>
/// <param name="ArrivalsOn">Requests per second that think, as scraped; null where unknown.</param>
/// <param name="Wanted">Replicas that the policy wants.</param>
/// <param name="Ready">Replicas that serve.</param>
/// <param name="Existing">Replicas that take GPUs.</param>
/// <param name="InFlight">Requests in flight.</param>
/// <param name="Queue">Requests that wait.</param>
/// <param name="KvUsed">Share of the KV cache in use, in [0, 1].</param>
/// <param name="TtftSeconds">Time to first token at the objective's percentile over the last minute; null where nothing was served.</param>
/// <param name="ItlSeconds">The same of the mean time between tokens.</param>
public readonly record struct FleetSample(
    TimeSpan At, double? ArrivalsOff, double? ArrivalsOn, int Wanted, int Ready, int Existing, int InFlight, int Queue, double KvUsed, double? TtftSeconds, double? ItlSeconds);
