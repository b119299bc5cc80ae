namespace Nemotron.Planning;

/// <summary>A feed-forward block.</summary>
/// <param name="Width">Intermediate width.</param>
/// <param name="Gated">True for SwiGLU (three matrices), false for a plain two-matrix MLP.</param>
/// <param name="Bias">Whether the matrices carry a bias vector.</param>
public sealed record FfnSpec(int Width, bool Gated, bool Bias = false);

/// <summary>
/// One layer index of a model. Any part may be absent; a layer with none of them holds no weights, not even a norm.
/// Attention and Mamba together are Hymba's parallel heads: one in-projection, one out-projection, outputs averaged.
/// </summary>
public sealed record LayerSpec
{
    /// <summary>A layer that neural architecture search emptied.</summary>
    public static LayerSpec Empty { get; } = new();

    /// <summary>The attention mixer, or null.</summary>
    public AttentionSpec? Attention { get; init; }

    /// <summary>True where the search replaced attention by one hidden × hidden matrix: weights, but no cache.</summary>
    public bool LinearAttention { get; init; }

    /// <summary>The Mamba mixer, or null.</summary>
    public MambaSpec? Mamba { get; init; }

    /// <summary>The feed-forward block, or null.</summary>
    public FfnSpec? Ffn { get; init; }

    /// <summary>True where the search replaced the feed-forward block by one hidden × hidden matrix.</summary>
    public bool LinearFfn { get; init; }

    /// <summary>True when attention and Mamba run side by side in this layer.</summary>
    public bool ParallelHeads => Attention is not null && Mamba is not null;
}

/// <summary>A run of equal consecutive layers.</summary>
/// <param name="Count">How many, at least 1.</param>
/// <param name="Layer">What each of them is.</param>
public sealed record LayerRun(int Count, LayerSpec Layer);
