using k8s.Models;
using Nemotron.Crds.Attributes;

namespace Nemotron.Crds;

/// <summary>The KV cache of each replica.</summary>
public sealed record KvCacheSpec
{
    /// <summary>The number format of keys and values. Absent: FP8 where the weights are FP8 or NVFP4, else BF16.</summary>
    public KvPrecision? Precision { get; init; }

    /// <summary>Share of the GPU memory that is free after loading which the cache takes, above 0 and below 1. Absent: 0.95, with which the memory plan meets the published figures.</summary>
    [RangeMinimum(0, exclusiveMinimum: true), RangeMaximum(1, exclusiveMaximum: true)]
    public double? FreeGpuMemoryFraction { get; init; }

    /// <summary>Whether requests with the same beginning share cached blocks. Absent: on, but off for models with Mamba layers, of which TensorRT-LLM up to 1.2 cannot reuse any.</summary>
    public bool? BlockReuse { get; init; }

    /// <summary>Memory of the node, per replica, to which the engine moves blocks that it would otherwise drop; shared out evenly among the replica's GPUs and nodes. At most 1Pi. Absent: none.</summary>
    public ResourceQuantity? HostOffload { get; init; }
}
