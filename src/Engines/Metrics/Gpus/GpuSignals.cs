namespace Nemotron.Engines.Metrics.Gpus;

/// <summary>One GPU as the DCGM exporter reports it. A blank value is left out by the exporter and unknown here.</summary>
public sealed record GpuSignals
{
    /// <summary>The GPU's UUID, <c>GPU-…</c>.</summary>
    public required string Uuid { get; init; }

    /// <summary>Its index on the node.</summary>
    public required string Index { get; init; }

    /// <summary>Its product name.</summary>
    public string? Model { get; init; }

    /// <summary>The node, from label <c>Hostname</c> (or <c>hostname</c> on newer exporters).</summary>
    public string? Node { get; init; }

    /// <summary>The pod that holds it; null when none does, or the exporter does not map pods.</summary>
    public string? Pod { get; init; }

    /// <summary>That pod's namespace.</summary>
    public string? Namespace { get; init; }

    /// <summary>
    /// Bytes of its memory in use. Flat by design under an engine that sets its KV cache aside at start: good for placement and for
    /// running out of memory, not for load.
    /// </summary>
    public Signal MemoryUsedBytes { get; init; }

    /// <summary>Bytes of its memory that are free.</summary>
    public Signal MemoryFreeBytes { get; init; }

    /// <summary>Share of time in which any kernel ran, 0 to 1.</summary>
    public Signal Utilization { get; init; }

    /// <summary>Share of cycles in which tensor cores worked, 0 to 1.</summary>
    public Signal TensorActive { get; init; }

    /// <summary>Share of cycles in which memory was read or written, 0 to 1.</summary>
    public Signal MemoryActive { get; init; }

    /// <summary>°C.</summary>
    public Signal Temperature { get; init; }

    /// <summary>Watts.</summary>
    public Signal PowerWatts { get; init; }

    /// <summary>The number of the last XID error, 0 for none. A value, not a count: it stays until the next one.</summary>
    public Signal LastXid { get; init; }
}
