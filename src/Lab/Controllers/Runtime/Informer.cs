using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Controllers;

/// <summary>Told of one change: the object before (null when added) and after (null when deleted). Must be short and must not call the API.</summary>
internal delegate void ChangeHandler(JsonObject? before, JsonObject? after);

/// <summary>
/// A list-and-watch cache of one resource. A controller's own writes are put in at once (<see cref="Observe"/>), so that its next
/// decision sees them even when the watch lags; older news from the watch does not undo them.
/// </summary>
/// <param name="api">The API.</param>
/// <param name="resource">What to watch.</param>
internal sealed class Informer(IApi api, Gvr resource)
{
    private readonly Lock gate = new();
    private readonly Dictionary<ObjectKey, JsonObject> objects = [];
    private readonly HashSet<string> tombstones = [];
    private readonly List<ObjectIndex> indexes = [];
    private readonly List<ChangeHandler> handlers = [];
    private readonly TaskCompletionSource synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long seen;
    private LabelIndex? byLabel;

    /// <summary>The watched resource.</summary>
    public Gvr Resource => resource;

    /// <summary>Completes after the first list has been taken in.</summary>
    public Task Synced => synced.Task;

    /// <summary>All objects, a copy of the moment.</summary>
    public IReadOnlyList<JsonObject> All
    {
        get
        {
            lock (gate) return [.. objects.Values];
        }
    }

    /// <summary>How many objects there are.</summary>
    public int Count
    {
        get
        {
            lock (gate) return objects.Count;
        }
    }

    /// <summary>An object, or null.</summary>
    public JsonObject? Get(ObjectKey key)
    {
        lock (gate) return objects.GetValueOrDefault(key);
    }

    /// <summary>The objects by namespace and label; one index for all who select.</summary>
    public LabelIndex ByLabel
    {
        get
        {
            lock (gate) return byLabel ??= new(this);
        }
    }

    /// <summary>Adds an index over all present and future objects.</summary>
    public ObjectIndex AddIndex(Func<JsonObject, IEnumerable<string>> values)
    {
        var index = new ObjectIndex(values);
        lock (gate)
        {
            foreach (var (key, obj) in objects) index.Apply(key, null, obj);
            indexes.Add(index);
        }

        return index;
    }

    /// <summary>Adds a handler; it is told of all present objects as additions.</summary>
    public void OnChange(ChangeHandler handler)
    {
        lock (gate)
        {
            foreach (var obj in objects.Values) handler(null, obj);
            handlers.Add(handler);
        }
    }

    /// <summary>Takes in an object as a write returned it.</summary>
    public void Observe(JsonObject written)
    {
        lock (gate)
        {
            // What the watch has passed already is known, including a later deletion.
            if (written.Version() > seen) Put(written);
        }
    }

    /// <summary>Takes in the outcome of an own deletion.</summary>
    public void ObserveDeletion(JsonObject deleted)
    {
        var key = ObjectKey.Of(deleted);
        var current = api.Get(resource, key.Namespace, key.Name);
        lock (gate)
        {
            if (current is not null && current.Uid() == deleted.Uid())
            {
                if (current.Version() > seen) Put(current);
                return;
            }

            if (!objects.TryGetValue(key, out var known) || known.Uid() != deleted.Uid()) return;
            // The watch may still bring older news of it.
            tombstones.Add(deleted.Uid());
            Remove(key, known);
        }
    }

    /// <summary>Lists, then watches until cancelled; lists again when the watch's version has expired.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            var (items, version) = api.List(resource);
            Replace(items, version);
            synced.TrySetResult();
            await foreach (var change in api.WatchAsync(resource, null, version, cancel).ConfigureAwait(false))
            {
                if (change.Type == "ERROR") break;
                Apply(change);
            }
        }
    }

    private void Apply(WatchEvent change)
    {
        var version = change.Object.Version();
        lock (gate)
        {
            switch (change.Type)
            {
                case "ADDED" or "MODIFIED":
                    if (!tombstones.Contains(change.Object.Uid())) Put(change.Object);
                    break;
                case "DELETED":
                    tombstones.Remove(change.Object.Uid());
                    var key = ObjectKey.Of(change.Object);
                    // Recreated under the same name by an own write that the watch has yet to bring.
                    if (objects.TryGetValue(key, out var known) && known.Uid() == change.Object.Uid()) Remove(key, known);
                    break;
            }

            seen = Math.Max(seen, version);
        }
    }

    private void Replace(IReadOnlyList<JsonObject> items, long version)
    {
        lock (gate)
        {
            tombstones.Clear();
            var kept = items.Select(ObjectKey.Of).ToHashSet();
            foreach (var (key, known) in objects.Where(entry => !kept.Contains(entry.Key) && entry.Value.Version() <= version).ToList())
            {
                Remove(key, known);
            }

            foreach (var item in items) Put(item);
            seen = Math.Max(seen, version);
        }
    }

    private void Put(JsonObject obj)
    {
        var key = ObjectKey.Of(obj);
        var before = objects.GetValueOrDefault(key);
        if (before is not null && before.Version() >= obj.Version()) return;
        if (before is not null && before.Uid() != obj.Uid())
        {
            // Deleted and made again between two looks: handlers must see both.
            Remove(key, before);
            before = null;
        }

        objects[key] = obj;
        foreach (var index in indexes) index.Apply(key, before, obj);
        foreach (var handler in handlers) handler(before, obj);
    }

    private void Remove(ObjectKey key, JsonObject known)
    {
        objects.Remove(key);
        foreach (var index in indexes) index.Apply(key, known, null);
        foreach (var handler in handlers) handler(known, null);
    }
}
