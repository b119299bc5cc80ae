using System.Diagnostics.CodeAnalysis;
using k8s;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>Objects by key with their indexes. Thread-safe; lists are snapshots.</summary>
/// <param name="custom">Indexes by name, kept from the start; all others are built when first asked for.</param>
/// <param name="packing">How objects are packed; null: they are kept as they are.</param>
internal sealed class ObjectStore<T>(IReadOnlyDictionary<string, Func<T, IEnumerable<string>>> custom, IObjectPacking<T>? packing = null)
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private const string NamespaceIndex = "\0namespace";
    private const string OwnerIndex = "\0owner";
    private const string LabelIndexPrefix = "\0label:";

    private readonly Lock gate = new();
    private readonly Dictionary<NamespacedName, StoreEntry<T>> objects = [];
    private readonly Dictionary<string, StoreIndex<T>> indexes =
        custom.ToDictionary(pair => pair.Key, pair => new StoreIndex<T>(pair.Value, keepsLists: packing is null), StringComparer.Ordinal);

    internal int Count
    {
        get
        {
            lock (gate)
            {
                return objects.Count;
            }
        }
    }

    internal IReadOnlyList<NamespacedName> Keys
    {
        get
        {
            lock (gate)
            {
                return [.. objects.Keys];
            }
        }
    }

    internal T? Get(NamespacedName key) => Find(key)?.Object;

    /// <summary>What is known of an object without unpacking it, or null.</summary>
    internal StoreEntry<T>? Find(NamespacedName key)
    {
        lock (gate)
        {
            return objects.GetValueOrDefault(key);
        }
    }

    internal IReadOnlyList<T> List(string? ns)
    {
        if (ns is not null)
        {
            return Indexed(NamespaceIndex, static o => o.Metadata.NamespaceProperty is { Length: > 0 } own ? [own] : [], ns);
        }

        lock (gate)
        {
            return [.. objects.Values.Select(e => e.Object)];
        }
    }

    internal IReadOnlyList<T> ByOwner(string uid) =>
        Indexed(OwnerIndex, static o => o.Metadata.OwnerReferences is { Count: > 0 } owners ? owners.Select(r => r.Uid) : [], uid);

    internal IReadOnlyList<T> ByLabel(string label, string value) =>
        Indexed(LabelIndexPrefix + label, o => o.Metadata.Labels is { } labels && labels.TryGetValue(label, out var v) ? [v] : [], value);

    internal IReadOnlyList<T> ByIndex(string name, string key)
    {
        lock (gate)
        {
            return indexes.TryGetValue(name, out var index)
                ? index.Get(key)
                : throw new KeyNotFoundException($"There is no index \"{name}\" of {typeof(T).Name}: add it with InformerOptions.AddIndex.");
        }
    }

    /// <summary>Puts an object in the place of the one of the same key.</summary>
    internal T? Set(NamespacedName key, T obj)
    {
        lock (gate)
        {
            Remove(key, out var old);
            var entry = new StoreEntry<T>(obj, packing);
            objects[key] = entry;
            foreach (var index in indexes.Values)
            {
                index.Add(obj, entry);
            }

            return old;
        }
    }

    internal bool Remove(NamespacedName key, [NotNullWhen(true)] out T? old)
    {
        lock (gate)
        {
            if (!objects.Remove(key, out var entry))
            {
                old = null;
                return false;
            }

            old = entry.Object;
            foreach (var index in indexes.Values)
            {
                index.Remove(old, entry);
            }

            return true;
        }
    }

    private IReadOnlyList<T> Indexed(string name, Func<T, IEnumerable<string>> keysOf, string key)
    {
        lock (gate)
        {
            if (!indexes.TryGetValue(name, out var index))
            {
                index = new StoreIndex<T>(keysOf, keepsLists: packing is null);
                foreach (var entry in objects.Values)
                {
                    index.Add(entry.Object, entry);
                }

                indexes[name] = index;
            }

            return index.Get(key);
        }
    }
}
