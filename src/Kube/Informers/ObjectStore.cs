using System.Diagnostics.CodeAnalysis;
using k8s;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>Objects by key with their indexes. Thread-safe; lists are snapshots.</summary>
internal sealed class ObjectStore<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private const string NamespaceIndex = "\0namespace";
    private const string OwnerIndex = "\0owner";
    private const string LabelIndexPrefix = "\0label:";

    private readonly Lock gate = new();
    private readonly Dictionary<NamespacedName, T> objects = [];
    private readonly Dictionary<string, StoreIndex<T>> indexes = new(StringComparer.Ordinal);

    internal ObjectStore(IReadOnlyDictionary<string, Func<T, IEnumerable<string>>> custom)
    {
        indexes[NamespaceIndex] = new StoreIndex<T>(o => o.Metadata.NamespaceProperty is { Length: > 0 } ns ? [ns] : []);
        indexes[OwnerIndex] = new StoreIndex<T>(o => o.Metadata.OwnerReferences is { Count: > 0 } owners ? owners.Select(r => r.Uid) : []);
        foreach (var (name, keysOf) in custom)
        {
            indexes[name] = new StoreIndex<T>(keysOf);
        }
    }

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

    internal T? Get(NamespacedName key)
    {
        lock (gate)
        {
            return objects.GetValueOrDefault(key);
        }
    }

    internal IReadOnlyList<T> List(string? ns)
    {
        lock (gate)
        {
            return ns is null ? [.. objects.Values] : indexes[NamespaceIndex].Get(ns);
        }
    }

    internal IReadOnlyList<T> ByOwner(string uid)
    {
        lock (gate)
        {
            return indexes[OwnerIndex].Get(uid);
        }
    }

    internal IReadOnlyList<T> ByIndex(string name, string key)
    {
        lock (gate)
        {
            return indexes.TryGetValue(name, out var index)
                ? index.Get(key)
                : throw new KeyNotFoundException($"There is no index \"{name}\" of {typeof(T).Name}: add it with InformerOptions.AddIndex.");
        }
    }

    internal IReadOnlyList<T> ByLabel(string label, string value)
    {
        lock (gate)
        {
            var name = LabelIndexPrefix + label;
            if (!indexes.TryGetValue(name, out var index))
            {
                index = new StoreIndex<T>(o => o.Metadata.Labels is { } labels && labels.TryGetValue(label, out var v) ? [v] : []);
                foreach (var obj in objects.Values)
                {
                    index.Add(obj);
                }

                indexes[name] = index;
            }

            return index.Get(value);
        }
    }

    /// <summary>Puts an object in the place of the one of the same key.</summary>
    internal T? Set(NamespacedName key, T obj)
    {
        lock (gate)
        {
            RemoveLocked(key, out var old);
            objects[key] = obj;
            foreach (var index in indexes.Values)
            {
                index.Add(obj);
            }

            return old;
        }
    }

    internal bool Remove(NamespacedName key, [NotNullWhen(true)] out T? old)
    {
        lock (gate)
        {
            return RemoveLocked(key, out old);
        }
    }

    private bool RemoveLocked(NamespacedName key, [NotNullWhen(true)] out T? old)
    {
        if (!objects.Remove(key, out old))
        {
            return false;
        }

        foreach (var index in indexes.Values)
        {
            index.Remove(old);
        }

        return true;
    }
}

/// <summary>Objects by what a function says of them. Not thread-safe.</summary>
internal sealed class StoreIndex<T>(Func<T, IEnumerable<string>> keysOf)
    where T : class
{
    private readonly Dictionary<string, HashSet<T>> entries = new(StringComparer.Ordinal);

    internal IReadOnlyList<T> Get(string key) => entries.TryGetValue(key, out var set) ? [.. set] : [];

    internal void Add(T obj)
    {
        foreach (var key in keysOf(obj))
        {
            if (!entries.TryGetValue(key, out var set))
            {
                // By reference: the client's models are records, whose equality would walk the whole object.
                entries[key] = set = new HashSet<T>(ReferenceEqualityComparer.Instance);
            }

            set.Add(obj);
        }
    }

    internal void Remove(T obj)
    {
        foreach (var key in keysOf(obj))
        {
            if (entries.TryGetValue(key, out var set) && set.Remove(obj) && set.Count == 0)
            {
                entries.Remove(key);
            }
        }
    }
}
