namespace Nemotron.Planning;

/// <summary>
/// What the memory plan needs to know of a model: its sizes and its layers in order, run-length coded.
/// Two architectures are equal when all figures and all layers are, however they were written down.
/// </summary>
public sealed class ModelArchitecture : IEquatable<ModelArchitecture>
{
    internal const int MaxLayers = 2048;

    private readonly LayerRun[] _runs;

    /// <summary>Makes an architecture; equal neighbours in <paramref name="layers"/> are joined into one run.</summary>
    /// <param name="hiddenSize">Width of the residual stream.</param>
    /// <param name="vocabularySize">Rows of the embedding.</param>
    /// <param name="tiedEmbeddings">Whether the LM head is the embedding itself.</param>
    /// <param name="maxContextTokens">The longest sequence the checkpoint was made for.</param>
    /// <param name="layers">The layers in order.</param>
    /// <param name="metaTokens">Learned tokens before every sequence (Hymba), cached by every attention layer.</param>
    /// <exception cref="ArgumentException">A size is not positive, or there are no layers or more than 2048.</exception>
    public ModelArchitecture(
        int hiddenSize, int vocabularySize, bool tiedEmbeddings, int maxContextTokens, IEnumerable<LayerRun> layers, int metaTokens = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(hiddenSize);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(vocabularySize);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxContextTokens);
        ArgumentOutOfRangeException.ThrowIfNegative(metaTokens);
        HiddenSize = hiddenSize;
        VocabularySize = vocabularySize;
        TiedEmbeddings = tiedEmbeddings;
        MaxContextTokens = maxContextTokens;
        MetaTokens = metaTokens;
        _runs = Join(layers);
        LayerCount = _runs.Sum(run => run.Count);
        if (LayerCount is 0 or > MaxLayers)
            throw new ArgumentException($"a model has between 1 and {MaxLayers} layers, not {LayerCount}", nameof(layers));
        Table = new LayerTable(this);
    }

    /// <summary>Width of the residual stream.</summary>
    public int HiddenSize { get; }

    /// <summary>Rows of the embedding.</summary>
    public int VocabularySize { get; }

    /// <summary>Whether the LM head is the embedding itself and holds no weights of its own.</summary>
    public bool TiedEmbeddings { get; }

    /// <summary>The longest sequence, in tokens, that the checkpoint was made for.</summary>
    public int MaxContextTokens { get; }

    /// <summary>Learned tokens placed before every sequence; 0 but for Hymba.</summary>
    public int MetaTokens { get; }

    /// <summary>Layer indices, empty ones included.</summary>
    public int LayerCount { get; }

    /// <summary>The layers in order, neighbours that are equal joined.</summary>
    public IReadOnlyList<LayerRun> Runs => _runs;

    /// <summary>The widest attention: query heads × head width, or the hidden size where that is larger.</summary>
    public int WidestAttention => Table.WidestAttention;

    /// <summary>Whether any layer keeps a recurrent state.</summary>
    public bool HasMamba => Table.MambaLayers > 0;

    internal LayerTable Table { get; }

    /// <summary>Learned elements, computed from the layers.</summary>
    public TensorTally Parameters => Table.Parameters;

    /// <inheritdoc />
    public bool Equals(ModelArchitecture? other) =>
        other is not null && HiddenSize == other.HiddenSize && VocabularySize == other.VocabularySize
        && TiedEmbeddings == other.TiedEmbeddings && MaxContextTokens == other.MaxContextTokens
        && MetaTokens == other.MetaTokens && _runs.AsSpan().SequenceEqual(other._runs);

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as ModelArchitecture);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(HiddenSize, VocabularySize, MaxContextTokens, _runs.Length);

    private static LayerRun[] Join(IEnumerable<LayerRun> layers)
    {
        var runs = new List<LayerRun>();
        foreach (var run in layers)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(run.Count, nameof(layers));
            if (runs.Count > 0 && runs[^1].Layer == run.Layer)
                runs[^1] = run with { Count = runs[^1].Count + run.Count };
            else
                runs.Add(run);
        }
        return [.. runs];
    }
}
