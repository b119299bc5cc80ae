using System.Diagnostics.CodeAnalysis;

namespace Nemotron.Planning;

/// <summary>The kinds of GPU that can be planned for. Immutable.</summary>
public sealed class GpuCatalogue
{
    private static readonly Lazy<GpuCatalogue> Embedded = new(() => Parse(EmbeddedDocuments.Under("gpus/")));
    private readonly Dictionary<string, GpuType> _byName;

    /// <summary>Makes a catalogue of GPU types.</summary>
    /// <param name="types">The types; no name or product may find two of them.</param>
    /// <exception cref="CatalogueException">Two types answer to the same name.</exception>
    public GpuCatalogue(IEnumerable<GpuType> types)
    {
        Gpus = [.. types.OrderBy(type => type.Name, StringComparer.OrdinalIgnoreCase)];
        _byName = new Dictionary<string, GpuType>(StringComparer.OrdinalIgnoreCase);
        foreach (var type in Gpus)
        {
            foreach (var name in type.Products.Prepend(type.Name).Distinct(StringComparer.OrdinalIgnoreCase))
            {
                if (!_byName.TryAdd(name, type))
                    throw new CatalogueException(
                        "GPU catalogue", type.Name, $"'{name}' also names {_byName[name].Name}; a name finds one GPU");
            }
        }
    }

    /// <summary>The types that the assembly carries.</summary>
    public static GpuCatalogue Default => Embedded.Value;

    /// <summary>All types, by name.</summary>
    public IReadOnlyList<GpuType> Gpus { get; }

    /// <summary>Reads a catalogue from documents, such as the values of a ConfigMap.</summary>
    /// <param name="documents">File name and YAML text of each type.</param>
    /// <exception cref="CatalogueException">A document cannot be used, or two share a name.</exception>
    public static GpuCatalogue Parse(IEnumerable<(string File, string Text)> documents) =>
        new(documents.Select(document => GpuYaml.Parse(document.File, document.Text)));

    /// <summary>Reads a catalogue from the <c>*.yaml</c> files of a directory.</summary>
    /// <param name="directory">The directory; not searched below.</param>
    /// <exception cref="CatalogueException">There is no such directory, or a file cannot be used.</exception>
    public static GpuCatalogue FromDirectory(string directory) => Parse(DirectoryDocuments.In(directory));

    /// <summary>The same catalogue with types added; one with a known name replaces the known one.</summary>
    /// <param name="types">What to add.</param>
    public GpuCatalogue With(IEnumerable<GpuType> types)
    {
        var added = types.ToArray();
        var replaced = added.Select(type => type.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return new GpuCatalogue([.. Gpus.Where(type => !replaced.Contains(type.Name)), .. added]);
    }

    /// <summary>Finds a type by catalogue name or by a <c>nvidia.com/gpu.product</c> value, whatever prefix and suffix it has.</summary>
    /// <param name="name">The name or label value. A MIG or shared product finds its whole GPU: whether such a node may be used is <see cref="GpuNodeRules"/>' business.</param>
    /// <param name="gpu">The type found.</param>
    public bool TryFind(string name, [NotNullWhen(true)] out GpuType? gpu) =>
        _byName.TryGetValue(name.Trim(), out gpu) || _byName.TryGetValue(GpuProductName.Parse(name).Product, out gpu)
        // Some tools write h100_sxm.
        || _byName.TryGetValue(name.Trim().Replace('_', '-'), out gpu);

    /// <summary>Finds a type by catalogue name or by a <c>nvidia.com/gpu.product</c> value, whatever prefix and suffix it has.</summary>
    /// <param name="name">The name or label value.</param>
    /// <exception cref="UnknownNameException">No type answers to it; the error carries the nearest names.</exception>
    public GpuType Find(string name) => TryFind(name, out var gpu)
        ? gpu
        : throw new UnknownNameException("GPU", name, NearestNames.Of(name, Gpus.Select(type => type.Name)));
}
