namespace Nemotron.Planning;

/// <summary>What one GPU of a tensor-parallel group holds of a layer. With a group of one, the whole layer.</summary>
internal static class LayerShard
{
    public static TensorTally Of(LayerSpec layer, int hidden, int tp)
    {
        var tally = new TensorTally();
        if (layer.Attention is { } attention) AddAttention(ref tally, attention, hidden, tp, layer.ParallelHeads);
        if (layer.Mamba is { } mamba) AddMamba(ref tally, mamba, hidden, tp);
        if (layer.Mamba is { } parallel && layer.ParallelHeads) AddParallelNorms(ref tally, parallel, tp);
        if (layer.LinearAttention)
        {
            tally.Attention += (long)hidden * Share(hidden, tp);
            tally.AttentionMatrices++;
        }
        // One norm before the mixer, one before the feed-forward block; a block that was searched away takes its norm along.
        if (layer.Attention is not null || layer.Mamba is not null || layer.LinearAttention) tally.Norm += hidden;
        if (layer.Ffn is { } ffn) AddFfn(ref tally, ffn, hidden, tp);
        if (layer.LinearFfn)
        {
            tally.Ffn += (long)hidden * Share(hidden, tp);
            tally.FfnMatrices++;
        }
        if (layer.Ffn is not null || layer.LinearFfn) tally.Norm += hidden;
        return tally;
    }

    private static void AddAttention(ref TensorTally tally, AttentionSpec attention, int hidden, int tp, bool sharesOutProjection)
    {
        long queryHeads = Share(attention.QueryHeads, tp);
        long query = queryHeads * attention.KeyHeadDim;
        long keyValue = attention.StoresCache
            ? (long)attention.KvHeadsPerGpu(tp) * (attention.KeyHeadDim + attention.ValueHeadDim)
            : 0;
        tally.Attention += hidden * (query + keyValue);
        tally.AttentionMatrices += attention.StoresCache ? 3 : 1;
        if (attention.Bias) tally.Norm += query + keyValue;
        if (sharesOutProjection) return;
        tally.Attention += queryHeads * attention.ValueHeadDim * hidden;
        tally.AttentionMatrices++;
        if (attention.Bias) tally.Norm += hidden;
    }

    private static void AddFfn(ref TensorTally tally, FfnSpec ffn, int hidden, int tp)
    {
        long width = Share(ffn.Width, tp);
        var matrices = ffn.Gated ? 3 : 2;
        tally.Ffn += matrices * width * hidden;
        tally.FfnMatrices += matrices;
        if (ffn.Bias) tally.Norm += (matrices - 1) * width + hidden;
    }

    private static void AddMamba(ref TensorTally tally, MambaSpec mamba, int hidden, int tp)
    {
        long inner = mamba.InnerPerGpu(tp);
        long convWidth = inner + 2L * mamba.GroupsPerGpu(tp) * mamba.StateSize;
        long projected;
        if (mamba.Version == 1)
        {
            projected = 2 * inner;
            // Input-dependent B, C and time step come from the inner channels; the time step is then widened again.
            tally.Mamba += inner * (mamba.TimeStepRank + 2L * mamba.StateSize) + (long)mamba.TimeStepRank * inner;
            tally.MambaMatrices += 2;
            tally.Norm += inner * mamba.StateSize + 2 * inner;
        }
        else
        {
            long heads = mamba.HeadsPerGpu(tp);
            projected = inner + convWidth + heads;
            tally.Norm += 3 * heads + inner;
        }
        tally.Mamba += hidden * projected + inner * hidden;
        tally.MambaMatrices += 2;
        tally.Conv += convWidth * (mamba.ConvKernel + (mamba.ConvBias ? 1 : 0));
        if (mamba.ProjectionBias) tally.Norm += projected + hidden;
    }

    // Hymba averages the two heads after a norm of each, and norms the time step, B and C.
    private static void AddParallelNorms(ref TensorTally tally, MambaSpec mamba, int tp) =>
        tally.Norm += 2L * mamba.InnerPerGpu(tp) + mamba.TimeStepRank + 2L * mamba.StateSize;

    internal static int Share(int whole, int tp) => (whole + tp - 1) / tp;
}
