namespace Nemotron.Planning;

/// <summary>
/// Bytes of weights. Checkpoints quantise the matrices of attention, FFN and Mamba; embedding, LM head, norms, biases, convolution and
/// SSM vectors stay in bf16, and so does what the model's entry names beyond that. FP8 has two FP32 scales per matrix;
/// NVFP4 has besides these one FP8 scale per 16 elements.
/// </summary>
public static class WeightBytes
{
    private const int ScalesPerMatrixBytes = 8;

    /// <summary>Bytes of a tally.</summary>
    /// <param name="tally">Elements, of a model or of one GPU's share.</param>
    /// <param name="precision">Precision of the quantised matrices.</param>
    /// <param name="model">Says which classes stay in bf16.</param>
    public static long Of(in TensorTally tally, Precision precision, ModelEntry model)
    {
        var bytes = 2 * (tally.Embedding + tally.LmHead + tally.Norm + tally.Conv);
        bytes += Matrices(tally.Attention, tally.AttentionMatrices, Quantised(model, TensorClass.Attention, precision));
        bytes += Matrices(tally.Ffn, tally.FfnMatrices, Quantised(model, TensorClass.Ffn, precision));
        bytes += Matrices(tally.Mamba, tally.MambaMatrices, Quantised(model, TensorClass.Mamba, precision));
        return bytes;
    }

    /// <summary>Bytes of the matrices of one class, their scales included.</summary>
    /// <param name="elements">Elements in all matrices.</param>
    /// <param name="matrices">How many matrices.</param>
    /// <param name="precision">Their precision.</param>
    public static long Matrices(long elements, long matrices, Precision precision) => precision switch
    {
        Precision.FP8 => elements + matrices * ScalesPerMatrixBytes,
        Precision.NVFP4 => (elements + 1) / 2 + (elements + 15) / 16 + matrices * ScalesPerMatrixBytes,
        _ => 2 * elements,
    };

    /// <summary>The precision that a checkpoint of the given precision keeps a class of tensors in.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tensors">The class.</param>
    /// <param name="precision">The checkpoint's precision.</param>
    public static Precision Quantised(ModelEntry model, TensorClass tensors, Precision precision)
    {
        if (tensors is not (TensorClass.Attention or TensorClass.Ffn or TensorClass.Mamba)) return Precision.BF16;
        foreach (var kept in model.KeptInBf16)
        {
            if (kept == tensors) return Precision.BF16;
        }
        return precision;
    }
}
