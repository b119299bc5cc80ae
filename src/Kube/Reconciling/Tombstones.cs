using k8s;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>
/// Entities that are gone and whose controller has not been told yet, as last seen, in the order of their end: several of one name may have come and gone.
/// Thread-safe.
/// </summary>
internal sealed class Tombstones<TEntity>
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly Lock gate = new();
    private readonly Dictionary<NamespacedName, Queue<TEntity>> byKey = [];

    internal void Add(TEntity entity)
    {
        lock (gate)
        {
            var key = NamespacedName.Of(entity);
            if (!byKey.TryGetValue(key, out var queue))
            {
                byKey[key] = queue = new Queue<TEntity>();
            }

            queue.Enqueue(entity);
        }
    }

    /// <summary>The first of this name, or null.</summary>
    internal TEntity? First(NamespacedName key)
    {
        lock (gate)
        {
            return byKey.TryGetValue(key, out var queue) ? queue.Peek() : null;
        }
    }

    /// <summary>The controller knows of the first of this name.</summary>
    internal void Remove(TEntity first)
    {
        lock (gate)
        {
            var key = NamespacedName.Of(first);
            if (byKey.TryGetValue(key, out var queue) && ReferenceEquals(queue.Peek(), first))
            {
                queue.Dequeue();
                if (queue.Count == 0)
                {
                    byKey.Remove(key);
                }
            }
        }
    }
}
