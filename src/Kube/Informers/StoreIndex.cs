using k8s;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>Objects by what a function says of them. Not thread-safe.</summary>
/// <param name="keysOf">The keys of an object.</param>
/// <param name="keepsLists">Whether the same list is handed out until something changes under its key; not for packed objects, which it would keep unpacked.</param>
internal sealed class StoreIndex<T>(Func<T, IEnumerable<string>> keysOf, bool keepsLists)
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly Dictionary<string, Bucket> buckets = new(StringComparer.Ordinal);

    internal IReadOnlyList<T> Get(string key) => buckets.TryGetValue(key, out var bucket) ? bucket.List(keepsLists) : [];

    internal void Add(T obj, StoreEntry<T> entry)
    {
        foreach (var key in keysOf(obj))
        {
            if (!buckets.TryGetValue(key, out var bucket))
            {
                buckets[key] = bucket = new Bucket();
            }

            bucket.Add(entry);
        }
    }

    internal void Remove(T obj, StoreEntry<T> entry)
    {
        foreach (var key in keysOf(obj))
        {
            if (buckets.TryGetValue(key, out var bucket) && bucket.Remove(entry))
            {
                buckets.Remove(key);
            }
        }
    }

    /// <summary>The entries under one key: mostly one, for which a set would be a waste.</summary>
    private sealed class Bucket
    {
        private StoreEntry<T>? one;
        private HashSet<StoreEntry<T>>? many;
        private T[]? list;

        internal T[] List(bool keep)
        {
            var current = list ?? (many is not null ? [.. many.Select(e => e.Object)] : [one!.Object]);
            list = keep ? current : null;
            return current;
        }

        internal void Add(StoreEntry<T> entry)
        {
            list = null;
            if (many is not null)
            {
                many.Add(entry);
            }
            else if (one is null)
            {
                one = entry;
            }
            else if (one != entry)
            {
                many = [one, entry];
                one = null;
            }
        }

        /// <summary>Removes an entry; true when the bucket is empty then.</summary>
        internal bool Remove(StoreEntry<T> entry)
        {
            list = null;
            if (many is not null)
            {
                many.Remove(entry);
                return many.Count == 0;
            }

            return one is null || one == entry;
        }
    }
}
