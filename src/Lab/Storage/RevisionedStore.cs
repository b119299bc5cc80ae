using System.Globalization;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Storage;

/// <summary>Somebody else changed the object between the read and the write.</summary>
internal sealed class StoreConflictException() : Exception("the object changed since it was read");

/// <summary>
/// Tables of objects under one revision counter, as etcd has it: every write takes the next revision, stamps it into
/// <c>metadata.resourceVersion</c> and is recorded in the table's bounded history. Writes are compare-and-swap on the version read.
/// </summary>
/// <param name="historyCapacity">How many changes each table remembers for watches and lists of the past.</param>
/// <param name="historyBytes">How many bytes of JSON at most it remembers of them.</param>
internal sealed class RevisionedStore(int historyCapacity, long historyBytes = RevisionedStore.DefaultHistoryBytes)
{
    /// <summary>Bytes of history a table keeps when nothing else is said: 256 MiB.</summary>
    public const long DefaultHistoryBytes = 256L << 20;

    private readonly Lock gate = new();
    private readonly Dictionary<string, ResourceTable> tables = new(StringComparer.Ordinal);
    private long revision = 1;

    /// <summary>The revision of the last write.</summary>
    public long Revision => Interlocked.Read(ref revision);

    /// <summary>The table of a name, made when first asked for.</summary>
    public ResourceTable Table(string name)
    {
        lock (gate)
        {
            if (tables.TryGetValue(name, out var table)) return table;
            table = new ResourceTable(name, revision, new EventHistory(historyCapacity, historyBytes), gate);
            tables.Add(name, table);
            return table;
        }
    }

    /// <summary>The objects of a table now, and the store's revision at the same instant.</summary>
    public (TableSnapshot Snapshot, long Revision) Read(ResourceTable table)
    {
        lock (gate) return (table.Current, revision);
    }

    /// <summary>Writes an object; <paramref name="expected"/> is the version it builds on, or null for a new one.</summary>
    /// <exception cref="StoreConflictException">The stored version is another than expected.</exception>
    public StoredObject Put(ResourceTable table, string? ns, string name, StoredObject? expected, JsonObject obj)
    {
        lock (gate)
        {
            if (!ReferenceEquals(table.Current.Find(ns, name), expected)) throw new StoreConflictException();
            var stored = Stamp(ns, name, obj);
            table.Record(new StoreEvent(stored.Revision, stored, expected, Removed: false));
            return stored;
        }
    }

    /// <summary>Removes an object; watchers see <paramref name="last"/> (or the stored version) stamped with the removal's revision.</summary>
    /// <exception cref="StoreConflictException">The stored version is another than expected.</exception>
    public StoredObject Remove(ResourceTable table, StoredObject expected, JsonObject? last = null)
    {
        lock (gate)
        {
            if (!ReferenceEquals(table.Current.Find(expected.Namespace, expected.Name), expected)) throw new StoreConflictException();
            var stored = Stamp(expected.Namespace, expected.Name, last ?? expected.Copy());
            table.Record(new StoreEvent(stored.Revision, stored, expected, Removed: true));
            return stored;
        }
    }

    /// <summary>Forgets the history of all tables up to a revision; by default all of it.</summary>
    public void Compact(long? through = null)
    {
        long at = through ?? Revision;
        ResourceTable[] all;
        lock (gate) all = [.. tables.Values];
        foreach (var table in all) table.Compact(at);
    }

    private StoredObject Stamp(string? ns, string name, JsonObject obj)
    {
        long next = revision + 1;
        obj["metadata"]!["resourceVersion"] = next.ToString(CultureInfo.InvariantCulture);
        var stored = new StoredObject(ns, name, next, StoredObject.Serialise(obj));
        Interlocked.Exchange(ref revision, next);
        return stored;
    }
}
