namespace Nemotron.Planning;

/// <summary>The number format that a checkpoint keeps its large matrices in.</summary>
public enum Precision
{
    /// <summary>bfloat16: two bytes per element, no scales.</summary>
    BF16,

    /// <summary>8-bit float (e4m3) with a weight and an input scale per matrix. Needs compute capability 8.9.</summary>
    FP8,

    /// <summary>4-bit float with one FP8 scale per 16 elements and two FP32 scales per matrix. Needs compute capability 10.0.</summary>
    NVFP4,
}

/// <summary>The number format of the KV cache, chosen apart from that of the weights.</summary>
public enum KvPrecision
{
    /// <summary>Two bytes per element.</summary>
    BF16,

    /// <summary>One byte per element.</summary>
    FP8,

    /// <summary>Half a byte per element plus one FP8 scale per 16 elements: 9/16 byte.</summary>
    NVFP4,
}

/// <summary>The number format of a Mamba layer's recurrent (SSM) or convolution state.</summary>
public enum StatePrecision
{
    /// <summary>Two bytes per element.</summary>
    BF16,

    /// <summary>Four bytes per element.</summary>
    FP32,
}
