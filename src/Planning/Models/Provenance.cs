namespace Nemotron.Planning;

/// <summary>Why a catalogue figure is weaker than one read from the model's own configuration.</summary>
public enum FigureStatus
{
    /// <summary>Concluded from a related model or a formula, not read from this model's own files.</summary>
    Derived,

    /// <summary>Looked for and not found; the value stands in until the real one is read.</summary>
    NotFound,

    /// <summary>From a page that is neither the vendor's nor the authors'.</summary>
    ThirdParty,

    /// <summary>The vendor's round figure, not what a driver reports.</summary>
    Nominal,
}

/// <summary>The mark on one catalogue figure that was not read from a first-hand source.</summary>
/// <param name="Figure">The key path of the figure in its file, such as <c>architecture.tiedEmbeddings</c>.</param>
/// <param name="Status">How weak it is.</param>
/// <param name="Note">Where it comes from, in one sentence.</param>
public sealed record FigureProvenance(string Figure, FigureStatus Status, string Note);
