namespace Nemotron.Planning.Capacity;

/// <summary>
/// How much of a GPU's data-sheet rates a forward pass gets, the same for every model and GPU. Fitted by
/// <c>bench/Capacity.Calibration</c> and kept in <c>config/capacity/calibration.yaml</c>, except where said otherwise.
/// </summary>
public sealed record HardwareEfficiency
{
    /// <summary>Share of the memory bandwidth, in (0, 1].</summary>
    public required double Bandwidth { get; init; }

    /// <summary>Share of the dense bf16 rate that large matrix products reach, in (0, 1].</summary>
    public required double Bf16Compute { get; init; }

    /// <summary>Share of the dense FP8 rate with one scale per matrix, in (0, 1]. Assumed, not fitted: no rows.</summary>
    public required double Fp8Compute { get; init; }

    /// <summary>Share of the dense FP8 rate where activations are scaled at run time, by block or token, in (0, 1].</summary>
    public required double Fp8DynamicCompute { get; init; }

    /// <summary>Share of the dense FP4 rate, in (0, 1]. Assumed, not fitted: no usable rows.</summary>
    public required double Fp4Compute { get; init; }

    /// <summary>Share of the dense bf16 rate that attention's prefill and Mamba's scan reach, in (0, 1].</summary>
    public required double Attention { get; init; }

    /// <summary>Seconds that the kernels of one mixer or one FFN start and drain for, however little they do.</summary>
    public required double BlockSeconds { get; init; }

    /// <summary>Tokens' worth of matrix products that a step with prefill loses to partly filled tiles and ramps, at least 0.</summary>
    public required double RampTokens { get; init; }

    /// <summary>Seconds per all-reduce for each doubling of the group, over NVLink.</summary>
    public required double AllReduceSeconds { get; init; }

    /// <summary>Share of the link's one-way rate that an all-reduce reaches, in (0, 1].</summary>
    public required double Link { get; init; }

    /// <summary>How many times longer than over NVLink the fixed part of an all-reduce takes over PCIe. Assumed, not fitted: no rows.</summary>
    public double PcieLatencyFactor { get; init; } = 3;

    /// <summary>The same for a network between nodes. Assumed, not fitted: no rows.</summary>
    public double NetworkLatencyFactor { get; init; } = 6;
}
