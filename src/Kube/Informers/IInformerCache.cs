using k8s;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>The shared caches of this process, one per type.</summary>
public interface IInformerCaches
{
    /// <summary>The cache of a type. A first call for a type starts its informer (when the operator runs): resolve caches early, in constructors.</summary>
    /// <typeparam name="T">The cached type.</typeparam>
    IInformerCache<T> Get<T>()
        where T : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>All caches that exist.</summary>
    IReadOnlyList<IInformerState> All { get; }
}

/// <summary>How an informer is doing.</summary>
public interface IInformerState
{
    /// <summary>The resource, such as <c>pods</c> or <c>deployments.apps</c>.</summary>
    string Resource { get; }

    /// <summary>Whether the cache has held a whole list once: of each namespace, where only some are watched.</summary>
    bool Synced { get; }

    /// <summary>
    /// Whether the API server has the type: false for an optional one (<see cref="InformerOptions{T}.Optional"/>) that is not installed, as the last list found.
    /// </summary>
    bool Served { get; }

    /// <summary>Why list or watch fails at the moment, in a sentence; null when it does not. Where several namespaces are watched: of the first that fails.</summary>
    string? Trouble { get; }

    /// <summary>Objects in the cache.</summary>
    int Count { get; }

    /// <summary>Goes up with every change of an object: what has been worked out from the cache holds as long as this stays.</summary>
    long Changes { get; }

    /// <summary>Objects that could not be read, with the reason. The last readable state of each stays in the cache.</summary>
    IReadOnlyDictionary<NamespacedName, string> Unreadable { get; }
}

/// <summary>
/// A local copy of all objects of a type, kept current by list and watch. Objects are shared and must not be modified
/// (those of a <see cref="InformerOptions{T}.Packed"/> cache are made anew for every call).
/// All members are safe to call from any thread; lists are snapshots.
/// </summary>
/// <typeparam name="T">The cached type.</typeparam>
public interface IInformerCache<T> : IInformerState
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>The object, or null.</summary>
    /// <param name="ns">Its namespace; null for objects of the cluster.</param>
    /// <param name="name">Its name.</param>
    T? Get(string? ns, string name);

    /// <summary>The object, or null.</summary>
    /// <param name="key">Its key.</param>
    T? Get(NamespacedName key);

    /// <summary>All objects, or those of one namespace, in no particular order.</summary>
    /// <param name="ns">The namespace; null: all.</param>
    IReadOnlyList<T> List(string? ns = null);

    /// <summary>The objects that an index of <see cref="InformerOptions{T}.AddIndex"/> has under a key.</summary>
    /// <param name="indexName">The index.</param>
    /// <param name="key">The key.</param>
    /// <exception cref="KeyNotFoundException">There is no such index.</exception>
    IReadOnlyList<T> ByIndex(string indexName, string key);

    /// <summary>The objects with an owner reference to this uid.</summary>
    /// <param name="ownerUid">The owner's uid.</param>
    IReadOnlyList<T> ByOwner(string ownerUid);

    /// <summary>The objects with a label. The first call for a label builds its index.</summary>
    /// <param name="label">The label.</param>
    /// <param name="value">Its value.</param>
    IReadOnlyList<T> ByLabel(string label, string value);

    /// <summary>Completes when the cache has held a whole list once.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task WaitForSyncAsync(CancellationToken cancellationToken);
}
