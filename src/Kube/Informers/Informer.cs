using System.Collections.Concurrent;
using k8s;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>What the runtime needs of an informer whatever its type.</summary>
internal interface IInformer : IInformerState
{
    /// <summary>Lists and watches until cancelled.</summary>
    Task RunAsync(KubeApi api, CancellationToken cancellationToken);

    /// <summary>Completes when the cache has held a whole list of each scope once.</summary>
    Task WhenSynced(CancellationToken cancellationToken);

    /// <summary>Whether the cache has seen the object at this version, or whatever came later. True when that cannot be said.</summary>
    bool HasSeen(NamespacedName key, string version);

    /// <summary>Whether the cache knows that the object of this uid is gone or going.</summary>
    bool HasSeenDeletion(NamespacedName key, string uid);

    /// <summary>Calls back after every change, with its key, and after every list or bookmark, without one.</summary>
    void OnProgress(Action<NamespacedName?> callback);
}

/// <summary>The cache of a type: takes what the <see cref="Reflector{T}"/> of each scope reads, keeps it, and tells the handlers.</summary>
internal sealed class Informer<T> : IInformer, IInformerCache<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly Lock applying = new();
    private readonly ObjectStore<T> store;
    private readonly List<IInformerHandler<T>> handlers = [];
    private readonly ConcurrentDictionary<NamespacedName, string> unreadable = new();
    private readonly TaskCompletionSource synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<Informer<T>, InformerScope, KubeApi, CancellationToken, Task> run;
    private Action<NamespacedName?>? progress;
    private long changes;

    /// <param name="options">What is cached of each object.</param>
    /// <param name="namespaces">Only these namespaces; none: all. A type of the cluster is cached whole.</param>
    /// <param name="run">Lists and watches a scope until cancelled.</param>
    internal Informer(InformerOptions<T> options, IEnumerable<string> namespaces, Func<Informer<T>, InformerScope, KubeApi, CancellationToken, Task> run)
    {
        Options = options;
        this.run = run;
        Scopes = new InformerScopes(Type.ClusterScoped ? [] : namespaces);
        store = new ObjectStore<T>(options.Indexes, options.Packed ? new JsonPacking<T>(KubeJson.ReadingWithout(options.Skipped)) : null);
    }

    public string Resource => Type.FullName;

    public bool Synced => synced.Task.IsCompletedSuccessfully;

    public bool Served => Scopes.Served;

    public string? Trouble => Scopes.Trouble;

    public int Count => store.Count;

    public long Changes => Interlocked.Read(ref changes);

    public IReadOnlyDictionary<NamespacedName, string> Unreadable => unreadable;

    internal ResourceType Type { get; } = ResourceType.Of<T>();

    internal InformerOptions<T> Options { get; }

    /// <summary>What is listed and watched, each on its own.</summary>
    internal InformerScopes Scopes { get; }

    /// <summary>The keys of all objects.</summary>
    internal IReadOnlyList<NamespacedName> Keys => store.Keys;

    public T? Get(string? ns, string name) => store.Get(new NamespacedName(string.IsNullOrEmpty(ns) ? null : ns, name));

    public T? Get(NamespacedName key) => store.Get(key);

    public IReadOnlyList<T> List(string? ns = null) => store.List(ns);

    public IReadOnlyList<T> ByIndex(string indexName, string key) => store.ByIndex(indexName, key);

    public IReadOnlyList<T> ByOwner(string ownerUid) => store.ByOwner(ownerUid);

    public IReadOnlyList<T> ByLabel(string label, string value) => store.ByLabel(label, value);

    public Task WaitForSyncAsync(CancellationToken cancellationToken) => synced.Task.WaitAsync(cancellationToken);

    public Task WhenSynced(CancellationToken cancellationToken) => synced.Task.WaitAsync(cancellationToken);

    public Task RunAsync(KubeApi api, CancellationToken cancellationToken) => Task.WhenAll(Scopes.All.Select(scope => run(this, scope, api, cancellationToken)));

    public bool HasSeen(NamespacedName key, string version) =>
        Scopes.Of(key)?.HasSeen(version) != false
        || ResourceVersions.AtLeast(store.Find(key)?.Version, version) == true;

    public bool HasSeenDeletion(NamespacedName key, string uid) =>
        store.Find(key) is not { } cached || cached.Uid != uid || cached.Deleting;

    /// <summary>Whether the cached object is this one at this version.</summary>
    internal bool Has(NamespacedName key, string uid, string version) => store.Find(key) is { } cached && cached.Uid == uid && cached.Version == version;

    public void OnProgress(Action<NamespacedName?> callback)
    {
        lock (applying)
        {
            progress += callback;
        }
    }

    /// <summary>Adds a handler; it hears of what the cache holds already as of a list.</summary>
    internal void AddHandler(IInformerHandler<T> handler)
    {
        lock (applying)
        {
            handlers.Add(handler);
            foreach (var obj in store.List(null))
            {
                handler.OnAdded(obj, initial: true);
            }
        }
    }

    /// <summary>An ADDED or MODIFIED event. Both mean the same: the object is now this.</summary>
    internal void Upsert(T obj)
    {
        lock (applying)
        {
            var key = NamespacedName.Of(obj);
            var cached = store.Find(key);
            if (cached is null || cached.Uid != obj.Metadata.Uid || !ResourceVersions.CertainlyOlder(obj.Metadata.ResourceVersion, cached.Version))
            {
                Put(key, obj, initial: false);
            }

            Advance(obj.Metadata.ResourceVersion, key);
        }
    }

    /// <summary>A DELETED event.</summary>
    internal void Remove(T obj)
    {
        lock (applying)
        {
            RemoveLocked(NamespacedName.Of(obj), obj.Metadata.Uid, obj);
            Advance(obj.Metadata.ResourceVersion, NamespacedName.Of(obj));
        }
    }

    /// <summary>A DELETED event of an object that could not be read.</summary>
    internal void RemoveUnreadable(NamespacedName key, string? uid, string? version)
    {
        lock (applying)
        {
            RemoveLocked(key, uid, null);
            Advance(version, key);
        }
    }

    /// <summary>An event of an object that cannot be read: its last readable state stays.</summary>
    internal void MarkUnreadable(NamespacedName key, string? version, string why)
    {
        lock (applying)
        {
            unreadable[key] = why;
            Advance(version, key);
        }
    }

    /// <summary>A bookmark: everything of the scope up to this version has been seen.</summary>
    internal void Bookmark(InformerScope scope, string version)
    {
        lock (applying)
        {
            scope.Advance(version);
            progress?.Invoke(null);
        }
    }

    /// <summary>
    /// A whole list of a scope. What the cache has there and the list has not was deleted while nobody watched: handlers hear of it with the last known state.
    /// </summary>
    internal void Replace(InformerScope scope, IReadOnlyList<T> objects, IReadOnlyDictionary<NamespacedName, string> unreadableNow, string version) =>
        Replace(scope, objects, unreadableNow, version, typeServed: true);

    /// <summary>The type is not installed, and so there are no objects.</summary>
    internal void ReplaceByNothing(InformerScope scope) => Replace(scope, [], new Dictionary<NamespacedName, string>(), "", typeServed: false);

    private void Replace(InformerScope scope, IReadOnlyList<T> objects, IReadOnlyDictionary<NamespacedName, string> unreadableNow, string version, bool typeServed)
    {
        lock (applying)
        {
            foreach (var known in unreadable.Keys.Where(scope.Covers))
            {
                unreadable.TryRemove(known, out _);
            }

            foreach (var (key, why) in unreadableNow)
            {
                unreadable[key] = why;
            }

            var present = new HashSet<NamespacedName>(unreadableNow.Keys);
            foreach (var obj in objects)
            {
                var key = NamespacedName.Of(obj);
                present.Add(key);
                if (store.Find(key) is not { } cached || cached.Uid != obj.Metadata.Uid || cached.Version != obj.Metadata.ResourceVersion)
                {
                    Put(key, obj, initial: true);
                }
            }

            foreach (var vanished in store.Keys.Where(key => scope.Covers(key) && !present.Contains(key)))
            {
                RemoveLocked(vanished, null, null);
            }

            scope.Complete(version, typeServed);
            if (Scopes.Listed)
            {
                synced.TrySetResult();
            }

            progress?.Invoke(null);
        }
    }

    private void Put(NamespacedName key, T obj, bool initial)
    {
        unreadable.TryRemove(key, out _);
        var before = store.Set(key, obj);
        Interlocked.Increment(ref changes);
        if (before is not null && before.Metadata.Uid != obj.Metadata.Uid)
        {
            // Deleted and created again while nobody watched.
            foreach (var handler in handlers)
            {
                handler.OnDeleted(before);
            }

            before = null;
        }

        foreach (var handler in handlers)
        {
            if (before is null)
            {
                handler.OnAdded(obj, initial);
            }
            else
            {
                handler.OnUpdated(before, obj, initial);
            }
        }
    }

    private void RemoveLocked(NamespacedName key, string? uid, T? last)
    {
        // A late DELETED event of an object that has been created anew since must not remove the new one.
        if (store.Find(key) is { } cached && uid is not null && cached.Uid != uid)
        {
            return;
        }

        unreadable.TryRemove(key, out _);
        if (store.Remove(key, out var old))
        {
            Interlocked.Increment(ref changes);
            foreach (var handler in handlers)
            {
                handler.OnDeleted(last ?? old);
            }
        }
    }

    private void Advance(string? version, NamespacedName changed)
    {
        Scopes.Of(changed)?.Advance(version);
        progress?.Invoke(changed);
    }
}
