namespace Nemotron.Planning;

/// <summary>Which compute capability a number format needs.</summary>
public static class PrecisionRules
{
    /// <summary>The lowest compute capability × 10 that takes weights of this precision; 0 for any.</summary>
    /// <param name="precision">The precision.</param>
    public static int Needs(Precision precision) => precision switch
    {
        Precision.FP8 => 89,
        Precision.NVFP4 => 100,
        _ => 0,
    };

    /// <summary>The lowest compute capability × 10 that takes a KV cache of this precision; 0 for any.</summary>
    /// <param name="precision">The precision.</param>
    public static int Needs(KvPrecision precision) => precision switch
    {
        KvPrecision.FP8 => 89,
        KvPrecision.NVFP4 => 100,
        _ => 0,
    };

    /// <summary>The KV-cache precision taken when none is asked for: bf16 beside bf16 weights, else FP8, as quantised checkpoints carry it.</summary>
    /// <param name="precision">The precision of the weights.</param>
    public static KvPrecision DefaultKv(Precision precision) =>
        precision == Precision.BF16 ? KvPrecision.BF16 : KvPrecision.FP8;
}
