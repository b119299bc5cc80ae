using Nemotron.Planning.Capacity;
using Nemotron.Planning.Scaling;
using Nemotron.Planning.Serving;

namespace Nemotron.Planning.Simulation;

/// <summary>Everything that a simulated run depends on beside the policy. Same scenario, same policy, same outcome.</summary>
public sealed record FleetScenario
{
    /// <summary>What the steps of a replica cost.</summary>
    public required StepModel Model { get; init; }

    /// <summary>What bounds its batches.</summary>
    public required EngineLimits Limits { get; init; }

    /// <summary>What a replica is expected to do, as policies are told.</summary>
    public required ReplicaCapacity Capacity { get; init; }

    /// <summary>GPUs of a replica: its whole TP group.</summary>
    public required int GpusPerReplica { get; init; }

    /// <summary>Time from a replica's creation to its first request.</summary>
    public required TimeSpan StartUp { get; init; }

    /// <summary>Replicas that are ready when the trace begins.</summary>
    public required int InitialReplicas { get; init; }

    /// <summary>What policies are held to: bounds, objectives, pace.</summary>
    public required ScalingPolicySpec Spec { get; init; }

    /// <summary>Longest time to first token of a good request.</summary>
    public required TimeSpan TtftObjective { get; init; }

    /// <summary>Longest mean time between tokens of a good request.</summary>
    public required TimeSpan ItlObjective { get; init; }

    /// <summary>The requests, in the order of sending, each with an id of its own.</summary>
    public required IReadOnlyList<TracedRequest> Trace { get; init; }

    /// <summary>When replicas crash, each time the busiest one. It is made again, and loads again.</summary>
    public IReadOnlyList<TimeSpan> Failures { get; init; } = [];

    /// <summary>When metrics cannot be had: begin and end of each outage.</summary>
    public IReadOnlyList<(TimeSpan From, TimeSpan To)> Outages { get; init; } = [];

    /// <summary>The calendar time of the trace's start, which schedules go by.</summary>
    public DateTimeOffset Start { get; init; } = new(2023, 11, 16, 18, 0, 0, TimeSpan.Zero);
}
