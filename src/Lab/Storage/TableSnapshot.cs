using System.Collections.Immutable;

namespace Nemotron.Lab.Storage;

/// <summary>The objects of one table at one revision: immutable, shared, ordered by namespace and name as etcd orders keys.</summary>
/// <param name="Revision">The store's revision the snapshot shows.</param>
/// <param name="Namespaces">Objects by namespace (the empty string for cluster scope), then by name.</param>
internal sealed record TableSnapshot(long Revision, ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, StoredObject>> Namespaces)
{
    public static readonly ImmutableSortedDictionary<string, StoredObject> NoObjects =
        ImmutableSortedDictionary.Create<string, StoredObject>(StringComparer.Ordinal);

    public static readonly ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, StoredObject>> NoNamespaces =
        ImmutableSortedDictionary.Create<string, ImmutableSortedDictionary<string, StoredObject>>(StringComparer.Ordinal);

    public StoredObject? Find(string? ns, string name) =>
        Namespaces.TryGetValue(ns ?? "", out var objects) && objects.TryGetValue(name, out var found) ? found : null;

    /// <summary>The objects of one namespace, or all when <paramref name="ns"/> is null, in order.</summary>
    public IEnumerable<StoredObject> Objects(string? ns)
    {
        if (ns is not null) return Namespaces.TryGetValue(ns, out var objects) ? objects.Values : [];
        return Namespaces.Values.SelectMany(objects => objects.Values);
    }

    public TableSnapshot With(StoredObject stored, long revision)
    {
        string ns = stored.Namespace ?? "";
        var objects = Namespaces.GetValueOrDefault(ns, NoObjects).SetItem(stored.Name, stored);
        return new TableSnapshot(revision, Namespaces.SetItem(ns, objects));
    }

    public TableSnapshot Without(StoredObject stored, long revision)
    {
        string ns = stored.Namespace ?? "";
        if (!Namespaces.TryGetValue(ns, out var objects)) return this;
        objects = objects.Remove(stored.Name);
        return new TableSnapshot(revision, objects.IsEmpty ? Namespaces.Remove(ns) : Namespaces.SetItem(ns, objects));
    }
}
