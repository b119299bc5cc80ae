namespace Nemotron.Planning;

/// <summary>The kinds of tensor that checkpoints quantise or keep as one.</summary>
public enum TensorClass
{
    /// <summary>Token embedding, and learned meta tokens.</summary>
    Embedding,

    /// <summary>Attention projections.</summary>
    Attention,

    /// <summary>Feed-forward matrices.</summary>
    Ffn,

    /// <summary>Mamba projections.</summary>
    Mamba,

    /// <summary>Causal convolution.</summary>
    Conv,

    /// <summary>Norm weights, biases, and the per-head or per-channel SSM vectors (A, D, time-step bias).</summary>
    Norm,

    /// <summary>The output head, when it is not the embedding.</summary>
    LmHead,
}

/// <summary>Elements by tensor class, of a whole model or of one GPU's share, and the number of quantisable matrices among them.</summary>
public struct TensorTally : IEquatable<TensorTally>
{
    /// <summary>Token embedding and meta tokens, elements.</summary>
    public long Embedding { get; internal set; }

    /// <summary>Attention projections, elements.</summary>
    public long Attention { get; internal set; }

    /// <summary>Feed-forward matrices, elements.</summary>
    public long Ffn { get; internal set; }

    /// <summary>Mamba projections, elements.</summary>
    public long Mamba { get; internal set; }

    /// <summary>Causal convolutions, elements.</summary>
    public long Conv { get; internal set; }

    /// <summary>Norms, biases and SSM vectors, elements.</summary>
    public long Norm { get; internal set; }

    /// <summary>Output head, elements.</summary>
    public long LmHead { get; internal set; }

    /// <summary>Attention matrices, each with its own scales when quantised.</summary>
    public long AttentionMatrices { get; internal set; }

    /// <summary>Feed-forward matrices, each with its own scales when quantised.</summary>
    public long FfnMatrices { get; internal set; }

    /// <summary>Mamba matrices, each with its own scales when quantised.</summary>
    public long MambaMatrices { get; internal set; }

    /// <summary>All elements.</summary>
    public readonly long Total => Embedding + Attention + Ffn + Mamba + Conv + Norm + LmHead;

    internal void Add(in TensorTally other, long times)
    {
        Embedding += other.Embedding * times;
        Attention += other.Attention * times;
        Ffn += other.Ffn * times;
        Mamba += other.Mamba * times;
        Conv += other.Conv * times;
        Norm += other.Norm * times;
        LmHead += other.LmHead * times;
        AttentionMatrices += other.AttentionMatrices * times;
        FfnMatrices += other.FfnMatrices * times;
        MambaMatrices += other.MambaMatrices * times;
    }

    /// <inheritdoc />
    public readonly bool Equals(TensorTally other) =>
        Embedding == other.Embedding && Attention == other.Attention && Ffn == other.Ffn && Mamba == other.Mamba
        && Conv == other.Conv && Norm == other.Norm && LmHead == other.LmHead;

    /// <inheritdoc />
    public override readonly bool Equals(object? obj) => obj is TensorTally other && Equals(other);

    /// <inheritdoc />
    public override readonly int GetHashCode() => HashCode.Combine(Embedding, Attention, Ffn, Mamba, Conv, Norm, LmHead);

    /// <summary>Whether two tallies hold the same elements.</summary>
    public static bool operator ==(TensorTally left, TensorTally right) => left.Equals(right);

    /// <summary>Whether two tallies differ.</summary>
    public static bool operator !=(TensorTally left, TensorTally right) => !left.Equals(right);
}
