using Nemotron.Planning.Capacity;

namespace Nemotron.Planning.Serving;

/// <summary>What a closed loop on a replica is predicted for.</summary>
public sealed record PredictionRequest
{
    /// <summary>The replica.</summary>
    public required ReplicaSpec Replica { get; init; }

    /// <summary>The load.</summary>
    public required ClosedLoopLoad Load { get; init; }

    /// <summary>The engine's memory fraction, in (0, 1]; null takes that of the measured servers.</summary>
    public double? MemoryFraction { get; init; }

    /// <summary>Tokens of one step; null takes what the measured servers had.</summary>
    public int? MaxBatchedTokens { get; init; }

    /// <summary>Sequences that run at once; null takes the engine's default.</summary>
    public int? MaxSequences { get; init; }
}

/// <summary>What limits a replica under a load.</summary>
public enum CapacityBinding
{
    /// <summary>The tensor cores.</summary>
    Compute,

    /// <summary>Reading weights, cache and state from memory.</summary>
    MemoryBandwidth,

    /// <summary>All-reduces between GPUs, and hand-overs between pipeline stages.</summary>
    Communication,

    /// <summary>Kernel launches and the engine's own software.</summary>
    Overhead,

    /// <summary>Requests wait for cache blocks.</summary>
    KvCapacity,

    /// <summary>Requests wait for a place among the sequences that may run at once.</summary>
    BatchSize,
}

/// <summary>What a replica does under a closed loop.</summary>
public sealed record ReplicaPrediction
{
    /// <summary>The memory plan; if it refuses, nothing else is predicted.</summary>
    public required MemoryPlan Plan { get; init; }

    /// <summary>Why nothing can be predicted; empty if it can. Warnings of the plan are in the plan.</summary>
    public required IReadOnlyList<PlanFinding> Refusals { get; init; }

    /// <summary>The bounds of the engine's batches.</summary>
    public EngineLimits? Limits { get; init; }

    /// <summary>The simulated run; null where nothing can be predicted.</summary>
    public ClosedLoopResult? Result { get; init; }

    /// <summary>What limits the replica.</summary>
    public CapacityBinding Binding { get; init; }

    /// <summary>Output tokens per second of the whole replica: by Little's law, concurrency × outputs over the mean latency.</summary>
    public double TokensPerSecond { get; init; }

    /// <summary>Requests per second of the whole replica.</summary>
    public double RequestsPerSecond { get; init; }
}
