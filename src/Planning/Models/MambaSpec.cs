namespace Nemotron.Planning;

/// <summary>One Mamba mixer. Version 2 has heads and groups; version 1 (Hymba) has a low-rank time step and neither.</summary>
public sealed record MambaSpec
{
    /// <summary>1 or 2.</summary>
    public int Version { get; init; } = 2;

    /// <summary>SSM heads; 1 for version 1.</summary>
    public required int Heads { get; init; }

    /// <summary>Channels per head.</summary>
    public required int HeadDim { get; init; }

    /// <summary>Groups that share B and C; 1 for version 1.</summary>
    public int Groups { get; init; } = 1;

    /// <summary>State elements per channel.</summary>
    public required int StateSize { get; init; }

    /// <summary>Taps of the causal convolution.</summary>
    public required int ConvKernel { get; init; }

    /// <summary>Rank of the time-step projection; version 1 only, else 0.</summary>
    public int TimeStepRank { get; init; }

    /// <summary>Convolution inputs kept between steps; the kernel less one, unless the model's own code keeps more.</summary>
    public int ConvStateColumns { get; init; }

    /// <summary>Whether the convolution has a bias.</summary>
    public bool ConvBias { get; init; } = true;

    /// <summary>Whether the in and out projections have a bias.</summary>
    public bool ProjectionBias { get; init; }

    /// <summary>Channels of the whole mixer: heads × head width.</summary>
    public int InnerWidth => Heads * HeadDim;

    /// <summary>B and C groups held by each GPU. An engine that must split fewer groups than it has GPUs gives each GPU a copy (facts B.2).</summary>
    /// <param name="tensorParallel">GPUs in the group, at least 1.</param>
    public int GroupsPerGpu(int tensorParallel) => Version == 1 ? 0 : (Groups + tensorParallel - 1) / tensorParallel;

    /// <summary>Convolution-state elements per sequence per GPU: columns × (inner width + B and C of the groups), all divided by the group.</summary>
    /// <param name="tensorParallel">GPUs in the group, at least 1.</param>
    public long ConvStateElements(int tensorParallel) =>
        (long)ConvStateColumns * (InnerPerGpu(tensorParallel) + 2L * GroupsPerGpu(tensorParallel) * StateSize);

    /// <summary>SSM-state elements per sequence per GPU: channels × state size.</summary>
    /// <param name="tensorParallel">GPUs in the group, at least 1.</param>
    public long SsmStateElements(int tensorParallel) => (long)InnerPerGpu(tensorParallel) * StateSize;

    internal int HeadsPerGpu(int tensorParallel) => (Heads + tensorParallel - 1) / tensorParallel;

    // Version 1 has no heads to keep whole, so it splits by channel.
    internal int InnerPerGpu(int tensorParallel) =>
        Version == 1 ? (InnerWidth + tensorParallel - 1) / tensorParallel : HeadsPerGpu(tensorParallel) * HeadDim;
}
