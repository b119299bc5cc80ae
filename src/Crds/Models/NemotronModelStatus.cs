using k8s.Models;
using Nemotron.Crds.Attributes;

namespace Nemotron.Crds;

/// <summary>What was computed of a NemotronModel.</summary>
public sealed record NemotronModelStatus
{
    /// <summary>The generation of the spec that the status is about.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>The state in answers to questions: Accepted and Ready.</summary>
    [Items(maxItems: 32), XListType(XListType.Map), XListMapKeys("type")]
    public IList<V1Condition>? Conditions { get; init; }

    /// <summary>Weights, counted.</summary>
    public long? Parameters { get; init; }

    /// <summary>Layers of all kinds, empty ones included.</summary>
    public int? Layers { get; init; }

    /// <summary>Layers that keep keys and values.</summary>
    public int? AttentionLayers { get; init; }

    /// <summary>Layers that keep a Mamba state.</summary>
    public int? MambaLayers { get; init; }

    /// <summary>The whole model's weights, by number format.</summary>
    public WeightSizes? WeightsBytes { get; init; }

    /// <summary>KV cache of one token of the whole model in BF16, in bytes, beyond any sliding window.</summary>
    public long? KvBytesPerToken { get; init; }

    /// <summary>State of one sequence that does not grow with its length, in bytes, convolution in BF16 and state in FP32.</summary>
    public long? StateBytesPerSequence { get; init; }

    /// <summary>Degrees of tensor parallelism that divide the model.</summary>
    [Items(maxItems: 8)]
    public IReadOnlyList<int>? ValidTensorParallel { get; init; }
}

/// <summary>The whole model's weights, in bytes, by number format.</summary>
public sealed record WeightSizes
{
    /// <summary>In BF16.</summary>
    public long? BF16 { get; init; }

    /// <summary>In FP8, with the parts that stay in BF16.</summary>
    public long? FP8 { get; init; }

    /// <summary>In NVFP4, with scales and the parts that stay in BF16.</summary>
    public long? NVFP4 { get; init; }
}
