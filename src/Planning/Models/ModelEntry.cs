namespace Nemotron.Planning;

/// <summary>A published set of weights of a model.</summary>
/// <param name="HuggingFaceId">Repository id, <c>owner/name</c>.</param>
/// <param name="Precision">What its large matrices are kept in.</param>
/// <param name="MaxContextTokens">The context this checkpoint was made for, where it differs from the model's; else null.</param>
/// <param name="BlockScaled">Whether FP8 weights have a scale per block, and activations get theirs at run time; else one scale per matrix, known beforehand.</param>
public sealed record Checkpoint(string HuggingFaceId, Precision Precision, int? MaxContextTokens = null, bool BlockScaled = false);

/// <summary>One model of the catalogue: its architecture and everything else that serving it needs to know.</summary>
public sealed record ModelEntry
{
    /// <summary>The catalogue name, as <c>modelRef</c> and the CLI take it.</summary>
    public required string Name { get; init; }

    /// <summary>The published name.</summary>
    public required string DisplayName { get; init; }

    /// <summary>The tier this entry is the default model of; null for all others.</summary>
    public ModelTier? Tier { get; init; }

    /// <summary>Other names that find this entry.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Sizes and layers.</summary>
    public required ModelArchitecture Architecture { get; init; }

    /// <summary>Published weights; the first of a precision is that precision's default.</summary>
    public IReadOnlyList<Checkpoint> Checkpoints { get; init; } = [];

    /// <summary>Whether the checkpoint is loaded through code of its own (<c>trust_remote_code</c>).</summary>
    public bool RemoteCode { get; init; }

    /// <summary>The engines that can serve the model; empty for one that is planned only.</summary>
    public IReadOnlyList<EngineKind> Engines { get; init; } = [];

    /// <summary>The reasoning switch.</summary>
    public ReasoningSpec Reasoning { get; init; } = ReasoningSpec.None;

    /// <summary>How its messages become a prompt; null where that is not known.</summary>
    public ChatTemplate? ChatTemplate { get; init; }

    /// <summary>Tensor classes that FP8 and NVFP4 checkpoints of this model keep in bf16, besides embedding, LM head, norms and convolution.</summary>
    public IReadOnlyList<TensorClass> KeptInBf16 { get; init; } = [];

    /// <summary>SSM state format planned for: FP32, the larger, unless the model's card or configuration says otherwise.</summary>
    public StatePrecision SsmState { get; init; } = StatePrecision.FP32;

    /// <summary>What starting an engine needs to know.</summary>
    public LaunchFacts Launch { get; init; } = LaunchFacts.None;

    /// <summary>Marks on figures that were not read first-hand.</summary>
    public IReadOnlyList<FigureProvenance> Provenance { get; init; } = [];

    /// <summary>The default checkpoint of a precision, or null where none is known to be published.</summary>
    /// <param name="precision">The precision looked for.</param>
    public Checkpoint? CheckpointFor(Precision precision)
    {
        foreach (var checkpoint in Checkpoints)
        {
            if (checkpoint.Precision == precision) return checkpoint;
        }
        return null;
    }

    /// <summary>Whether an engine is known to serve this model.</summary>
    /// <param name="engine">The engine asked for.</param>
    public bool ServedBy(EngineKind engine)
    {
        foreach (var known in Engines)
        {
            if (known == engine) return true;
        }
        return false;
    }
}
