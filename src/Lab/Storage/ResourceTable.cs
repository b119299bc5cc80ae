namespace Nemotron.Lab.Storage;

/// <summary>
/// All objects of one kind with their recent history. Written only by <see cref="RevisionedStore"/> under its lock;
/// read from snapshots without one.
/// </summary>
internal sealed class ResourceTable
{
    private readonly Lock gate;
    private readonly EventHistory history;
    private readonly long createdAt;
    private TableSnapshot current;
    private TaskCompletionSource? changed;
    private int epoch;

    public ResourceTable(string name, long createdAt, EventHistory history, Lock gate)
    {
        Name = name;
        this.gate = gate;
        this.createdAt = createdAt;
        this.history = history;
        history.Compact(createdAt);
        current = new TableSnapshot(createdAt, TableSnapshot.NoNamespaces);
    }

    /// <summary>The plural name with its group, such as <c>pods</c> or <c>deployments.apps</c>.</summary>
    public string Name { get; }

    /// <summary>Goes up when watches over the wire must end because the resource is no longer served.</summary>
    public int Epoch => Volatile.Read(ref epoch);

    /// <summary>The objects now. Its revision is that of the table's last change, not the store's.</summary>
    public TableSnapshot Current => Volatile.Read(ref current);

    /// <summary>Records a change. The caller holds the store's lock.</summary>
    public void Record(in StoreEvent change)
    {
        var next = change.Removed ? current.Without(change.Current, change.Revision) : current.With(change.Current, change.Revision);
        history.Add(change);
        Volatile.Write(ref current, next);
        change.Previous?.ReleaseTree();
        changed?.TrySetResult();
        changed = null;
    }

    /// <summary>Wakes all readers to a new <see cref="Epoch"/>. The table stays, so that readers of a kind that comes back miss nothing.</summary>
    public void EndWatches()
    {
        lock (gate)
        {
            epoch++;
            changed?.TrySetResult();
            changed = null;
        }
    }

    /// <summary>Forgets history up to a revision, as etcd's compaction does.</summary>
    public void Compact(long revision)
    {
        lock (gate)
        {
            history.Compact(revision);
            changed?.TrySetResult();
            changed = null;
        }
    }

    /// <summary>The objects as they were at <paramref name="revision"/>, or null when history no longer reaches back that far.</summary>
    public TableSnapshot? AsOf(long revision)
    {
        lock (gate)
        {
            if (current.Revision <= revision) return current;
            // Before the table was made it was empty; only what compaction or the bound took cannot be known.
            var snapshot = current;
            foreach (var change in history.Backwards())
            {
                if (change.Revision <= revision) break;
                snapshot = change.Previous is null ? snapshot.Without(change.Current, revision) : snapshot.With(change.Previous, revision);
            }
            return revision >= history.LostThrough || history.LostThrough == createdAt ? snapshot : null;
        }
    }

    /// <summary>
    /// The position in history after <paramref name="revision"/>; false when changes after it have been forgotten.
    /// </summary>
    public bool TrySeek(long revision, out long position, out long lostThrough)
    {
        lock (gate)
        {
            position = history.PositionAfter(revision);
            lostThrough = history.LostThrough;
            return revision >= lostThrough;
        }
    }

    /// <summary>A snapshot and the position in history that follows it without a gap.</summary>
    public (TableSnapshot Snapshot, long Position) Open()
    {
        lock (gate) return (current, history.End);
    }

    /// <summary>
    /// Reads changes from a position on. With none yet, <paramref name="wait"/> completes at the next change.
    /// False when the position has fallen out of history.
    /// </summary>
    public bool TryRead(long position, Span<StoreEvent> into, out int read, out Task wait)
    {
        lock (gate)
        {
            wait = Task.CompletedTask;
            if (!history.TryRead(position, into, out read)) return false;
            if (read == 0)
            {
                changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                wait = changed.Task;
            }
            return true;
        }
    }
}
