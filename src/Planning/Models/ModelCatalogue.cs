using System.Diagnostics.CodeAnalysis;

namespace Nemotron.Planning;

/// <summary>The models that can be planned: the built-in ones, or those with entries added and replaced. Immutable.</summary>
public sealed class ModelCatalogue
{
    private static readonly Lazy<ModelCatalogue> Embedded = new(() => Parse(EmbeddedDocuments.Under("models/")));
    private readonly Dictionary<string, ModelEntry> _byName;

    /// <summary>Makes a catalogue of entries.</summary>
    /// <param name="entries">The models; their names, aliases and checkpoint ids must not find two of them.</param>
    /// <exception cref="CatalogueException">Two entries answer to the same name.</exception>
    public ModelCatalogue(IEnumerable<ModelEntry> entries)
    {
        Models = [.. entries.OrderBy(entry => entry.Name, StringComparer.OrdinalIgnoreCase)];
        _byName = new Dictionary<string, ModelEntry>(StringComparer.OrdinalIgnoreCase);
        foreach (var entry in Models)
        {
            foreach (var name in Names(entry).Distinct(StringComparer.OrdinalIgnoreCase))
            {
                if (!_byName.TryAdd(name, entry))
                    throw new CatalogueException(
                        "model catalogue", entry.Name, $"'{name}' also names {_byName[name].Name}; a name finds one model");
            }
        }
    }

    /// <summary>The models that the assembly carries.</summary>
    public static ModelCatalogue Default => Embedded.Value;

    /// <summary>All models, by name.</summary>
    public IReadOnlyList<ModelEntry> Models { get; }

    /// <summary>Reads a catalogue from documents, such as the values of a ConfigMap.</summary>
    /// <param name="documents">File name and YAML text of each model.</param>
    /// <exception cref="CatalogueException">A document cannot be used, or two share a name.</exception>
    public static ModelCatalogue Parse(IEnumerable<(string File, string Text)> documents) =>
        new(documents.Select(document => ModelYaml.Parse(document.File, document.Text)));

    /// <summary>Reads a catalogue from the <c>*.yaml</c> files of a directory.</summary>
    /// <param name="directory">The directory; not searched below.</param>
    /// <exception cref="CatalogueException">There is no such directory, or a file cannot be used.</exception>
    public static ModelCatalogue FromDirectory(string directory) => Parse(DirectoryDocuments.In(directory));

    /// <summary>The same catalogue with entries added; one with a known name replaces the known one.</summary>
    /// <param name="entries">What to add, such as models from NemotronModel resources.</param>
    public ModelCatalogue With(IEnumerable<ModelEntry> entries)
    {
        var added = entries.ToArray();
        var replaced = added.Select(entry => entry.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return new ModelCatalogue([.. Models.Where(entry => !replaced.Contains(entry.Name)), .. added]);
    }

    /// <summary>Finds a model by catalogue name, alias or Hugging Face id, without regard to case.</summary>
    /// <param name="name">The name.</param>
    /// <param name="model">The model found.</param>
    public bool TryFind(string name, [NotNullWhen(true)] out ModelEntry? model) => _byName.TryGetValue(name.Trim(), out model);

    /// <summary>Finds a model by catalogue name, alias or Hugging Face id, without regard to case.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="UnknownNameException">No model answers to it; the error carries the nearest names.</exception>
    public ModelEntry Find(string name) => TryFind(name, out var model)
        ? model
        : throw new UnknownNameException("model", name, NearestNames.Of(name, NamesForSuggestion(name)));

    /// <summary>The default model of a tier.</summary>
    /// <param name="tier">The tier.</param>
    /// <exception cref="UnknownNameException">A replaced catalogue has no model for the tier.</exception>
    public ModelEntry Find(ModelTier tier) =>
        Models.FirstOrDefault(entry => entry.Tier == tier) ?? Find(tier.ToString());

    // An id is answered with ids, a short name with short names.
    private IEnumerable<string> NamesForSuggestion(string name) => name.Contains('/', StringComparison.Ordinal)
        ? Models.SelectMany(entry => entry.Checkpoints).Select(checkpoint => checkpoint.HuggingFaceId)
        : Models.Select(entry => entry.Name);

    private static IEnumerable<string> Names(ModelEntry entry) =>
        [entry.Name, .. entry.Aliases, .. entry.Checkpoints.Select(checkpoint => checkpoint.HuggingFaceId)];
}
