using System.Collections.Concurrent;

namespace Nemotron.Kube;

/// <summary>
/// Read-your-own-writes (KEP-5647): what this process wrote on behalf of an entity and its caches have not seen yet. Until they have, the entity is not
/// reconciled, since the reconcile would decide on what is known to be out of date, and create or change things twice. When in doubt it lets go:
/// versions that cannot be compared count as seen, and nothing holds an entity longer than <see cref="GivesUpAfter"/>.
/// </summary>
internal sealed class PendingWrites(InformerCaches caches, TimeProvider time)
{
    /// <summary>How long a write may go unseen before it is forgotten: the longest pause of a reflector before it watches again. A watch event takes milliseconds.</summary>
    internal static readonly TimeSpan GivesUpAfter = TimeSpan.FromSeconds(30);

    private readonly Lock gate = new();
    private readonly Dictionary<string, List<Write>> byOwner = new(StringComparer.Ordinal);
    private readonly Dictionary<(Type, NamespacedName), HashSet<string>> ownersOf = [];
    private readonly Dictionary<string, Action> callbacks = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Type, IInformer?> followed = new();

    /// <summary>An object was written for an owner; the API server gave it this version.</summary>
    internal void Wrote(string ownerUid, Type type, NamespacedName key, string version) => Add(ownerUid, new Write(type, key, version, null, time.GetTimestamp()));

    /// <summary>The deletion of an object was asked for on behalf of an owner.</summary>
    internal void Deleted(string ownerUid, Type type, NamespacedName key, string uid) => Add(ownerUid, new Write(type, key, null, uid, time.GetTimestamp()));

    /// <summary>Whether the owner may be reconciled. If not, <paramref name="whenSettled"/> is called once it may (unless time alone frees it).</summary>
    internal bool MayProceed(string ownerUid, Action whenSettled)
    {
        lock (gate)
        {
            if (IsSettled(ownerUid))
            {
                return true;
            }

            callbacks[ownerUid] = whenSettled;
            return false;
        }
    }

    private void Add(string ownerUid, Write write)
    {
        if (Follow(write.Type) is null)
        {
            return;
        }

        lock (gate)
        {
            if (HasBeenSeen(write))
            {
                return;
            }

            if (!byOwner.TryGetValue(ownerUid, out var writes))
            {
                byOwner[ownerUid] = writes = [];
            }

            // A later write of the same object covers the earlier one.
            writes.RemoveAll(w => w.Type == write.Type && w.Key == write.Key);
            writes.Add(write);
            if (!ownersOf.TryGetValue((write.Type, write.Key), out var owners))
            {
                ownersOf[(write.Type, write.Key)] = owners = [];
            }

            owners.Add(ownerUid);
        }
    }

    /// <summary>The informer of a type, listened to from the first write on; null when nobody caches the type.</summary>
    private IInformer? Follow(Type type)
    {
        if (followed.TryGetValue(type, out var informer))
        {
            return informer;
        }

        // Outside the lock: the informer calls back while it holds its own.
        informer = caches.Find(type);
        if (informer is not null && followed.TryAdd(type, informer))
        {
            informer.OnProgress(key => Progress(type, key));
        }

        return informer;
    }

    private void Progress(Type type, NamespacedName? changed)
    {
        List<Action>? free = null;
        lock (gate)
        {
            if (byOwner.Count == 0)
            {
                return;
            }

            // One object: its owners. A list or a bookmark: all.
            var owners = changed is not { } key ? [.. byOwner.Keys] : ownersOf.TryGetValue((type, key), out var set) ? set.ToArray() : [];
            foreach (var owner in owners)
            {
                if (IsSettled(owner) && callbacks.Remove(owner, out var callback))
                {
                    (free ??= []).Add(callback);
                }
            }
        }

        foreach (var callback in free ?? [])
        {
            callback();
        }
    }

    private bool IsSettled(string ownerUid)
    {
        if (!byOwner.TryGetValue(ownerUid, out var writes))
        {
            return true;
        }

        for (var i = writes.Count - 1; i >= 0; i--)
        {
            var write = writes[i];
            if (HasBeenSeen(write) || time.GetElapsedTime(write.At) >= GivesUpAfter)
            {
                writes.RemoveAt(i);
                var owners = ownersOf[(write.Type, write.Key)];
                owners.Remove(ownerUid);
                if (owners.Count == 0)
                {
                    ownersOf.Remove((write.Type, write.Key));
                }
            }
        }

        if (writes.Count > 0)
        {
            return false;
        }

        byOwner.Remove(ownerUid);
        return true;
    }

    private bool HasBeenSeen(Write write) => followed.GetValueOrDefault(write.Type) is not { } informer
        || (write.Version is { } version ? informer.HasSeen(write.Key, version) : informer.HasSeenDeletion(write.Key, write.Uid!));

    private sealed record Write(Type Type, NamespacedName Key, string? Version, string? Uid, long At);
}
