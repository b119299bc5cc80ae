using System.Collections.Immutable;
using Nemotron.Planning;

namespace Nemotron.Controllers.Models;

/// <summary>The models that are known now: the catalogue the operator was started with, and those of NemotronModels over it. Thread-safe.</summary>
/// <param name="catalogue">The catalogue the operator was started with.</param>
internal sealed class ModelLibrary(ModelCatalogue catalogue)
{
    private readonly ModelCatalogue _given = catalogue;
    private ImmutableDictionary<string, ModelEntry> _declared = ImmutableDictionary<string, ModelEntry>.Empty;
    private ModelCatalogue _catalogue = catalogue;

    /// <summary>The catalogue as it stands. Immutable.</summary>
    public ModelCatalogue Catalogue => Volatile.Read(ref _catalogue);

    /// <summary>Adds or replaces a NemotronModel's entry; null removes it.</summary>
    /// <param name="name">The NemotronModel's name.</param>
    /// <param name="entry">What it stands for.</param>
    public void Set(string name, ModelEntry? entry)
    {
        ImmutableDictionary<string, ModelEntry> before, after;
        do
        {
            before = _declared;
            after = entry is null ? before.Remove(name) : before.SetItem(name, entry);
        }
        while (Interlocked.CompareExchange(ref _declared, after, before) != before);

        Volatile.Write(ref _catalogue, Over([.. _declared.Values]));
    }

    /// <summary>The catalogue the operator was started with, and others over it. A declared model takes its name from whichever other had it, also as an alias: the person who declared it meant it.</summary>
    /// <param name="declared">The others.</param>
    /// <exception cref="CatalogueException">Two of them answer to the same name.</exception>
    public ModelCatalogue Over(IReadOnlyCollection<ModelEntry> declared)
    {
        if (declared.Count == 0) return _given;
        var names = declared.SelectMany(entry => entry.Checkpoints.Select(checkpoint => checkpoint.HuggingFaceId).Prepend(entry.Name)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var others = _given.Models
            .Where(entry => !names.Contains(entry.Name))
            .Select(entry => entry with
            {
                Aliases = [.. entry.Aliases.Where(alias => !names.Contains(alias))],
                Checkpoints = [.. entry.Checkpoints.Where(checkpoint => !names.Contains(checkpoint.HuggingFaceId))],
            });
        return new ModelCatalogue([.. others, .. declared.DistinctBy(entry => entry.Name, StringComparer.OrdinalIgnoreCase)]);
    }
}
