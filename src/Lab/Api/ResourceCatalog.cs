using System.Collections.Immutable;

namespace Nemotron.Lab.Api;

/// <summary>
/// What the server serves now: an immutable picture that is swapped as CRDs come and go. Lookups take no lock.
/// </summary>
internal sealed class ResourceCatalog
{
    private readonly ImmutableArray<ServedResource> builtin;
    private Snapshot current;

    public ResourceCatalog(IEnumerable<ServedResource> builtin)
    {
        this.builtin = [.. builtin];
        current = new Snapshot(this.builtin);
    }

    /// <summary>All served resources, built-in first.</summary>
    public ImmutableArray<ServedResource> All => Volatile.Read(ref current).All;

    /// <summary>The resource, or null when it is not served.</summary>
    public ServedResource? Find(Gvr resource) => Volatile.Read(ref current).ByGvr.GetValueOrDefault(resource);

    /// <summary>A resource by group and plural in any served version, or null.</summary>
    public ServedResource? FindAnyVersion(string group, string plural) =>
        All.FirstOrDefault(r => r.Gvr.Plural == plural && r.Gvr.Group == group);

    /// <summary>The groups in the order of discovery, each with its versions, the preferred first.</summary>
    public IReadOnlyList<(string Group, IReadOnlyList<string> Versions)> Groups =>
        [.. All.GroupBy(r => r.Gvr.Group, StringComparer.Ordinal)
            .Select(g => (g.Key, (IReadOnlyList<string>)[.. g.Select(r => r.Gvr.Version).Distinct(StringComparer.Ordinal).OrderDescending(KubeVersionOrder.Instance)]))];

    /// <summary>Replaces the custom resources; the built-in ones stay.</summary>
    public void SetCustom(IEnumerable<ServedResource> custom) =>
        Volatile.Write(ref current, new Snapshot(builtin.AddRange(custom)));

    private sealed class Snapshot(ImmutableArray<ServedResource> all)
    {
        public ImmutableArray<ServedResource> All { get; } = all;

        public Dictionary<Gvr, ServedResource> ByGvr { get; } = all.ToDictionary(r => r.Gvr);
    }
}
