using System.Text.Json.Nodes;
using Nemotron.Lab.Kinds;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Patching;

/// <summary>Keeps <c>metadata.managedFields</c> for writes that are not applies: create, update and the three other patches.</summary>
internal static class ManagedFields
{
    /// <summary>How many managers with <c>Update</c> entries an object remembers one by one; older ones become <c>ancient-changes</c>.</summary>
    private const int UpdateManagersKept = 10;

    /// <summary>
    /// <paramref name="after"/> with its managed fields brought up to date: what the write added or changed now belongs to
    /// <paramref name="manager"/> and no longer to anyone else; what it removed belongs to nobody.
    /// </summary>
    /// <param name="before">The stored object, or null on create.</param>
    /// <param name="after">The object to be stored, defaulted, before admission and before anything the server fills in.
    /// Except through a subresource, its own managed fields, if it has readable ones, stand in for the stored ones (a client may prune them), and
    /// <c>[{}]</c> resets them.</param>
    /// <param name="schema">The kind's schema; metadata need not be in it.</param>
    /// <param name="manager">The field manager's name.</param>
    /// <param name="apiVersion">The version written in, such as <c>apps/v1</c>.</param>
    /// <param name="subresource"><c>status</c> and the like, or null.</param>
    /// <param name="now">The entry's time, cut to seconds.</param>
    /// <param name="reset">Fields that this write cannot change because the server puts them back (see <see cref="ResetFields"/>); null for none.</param>
    /// <returns>A copy of <paramref name="after"/>.</returns>
    public static JsonObject RecordUpdate(
        JsonObject? before,
        JsonObject after,
        StructuralSchema schema,
        string manager,
        string apiVersion,
        string? subresource,
        DateTimeOffset now,
        FieldSet? reset = null)
    {
        var root = ObjectMetaSchema.WithMetadata(schema);
        var result = (JsonObject)after.DeepClone();
        var sent = TakeManagedFields(result);
        // Only read from here on; the managed fields that still stand in it are nobody's field.
        var old = before ?? ZeroObject.Of(root);
        var stored = before.At("metadata", "managedFields");

        Dictionary<ManagerIdentity, ManagedEntry> entries = [];
        if (subresource is not null)
        {
            entries = ManagedEntry.Read(stored);
        }
        else if (!IsReset(sent))
        {
            entries = ManagedEntry.Read(sent);
            if (entries.Count == 0) entries = ManagedEntry.Read(stored);
        }

        // Of an object that nobody manages, the server tracks nothing until somebody applies.
        if (entries.Count == 0 && before is not null)
        {
            Attach(result, entries);
            return result;
        }

        var changes = TypedCompare.Of(old, result, root, reset);
        entries = FieldOwnership.Yield(FieldOwnership.UnderSchema(entries, root), changes, writer: null);
        var gained = FieldOwnership.WithoutServerFields(changes.Modified.Union(changes.Added));
        if (!gained.IsEmpty)
        {
            var identity = ManagerIdentity.Updater(manager, apiVersion, subresource);
            var fields = entries.TryGetValue(identity, out var own) ? gained.Union(own.Fields) : gained;
            entries[identity] = new ManagedEntry(apiVersion, now, fields);
        }
        Attach(result, Cap(entries));
        return result;
    }

    /// <summary>
    /// The object to store: <paramref name="updated"/>, or <paramref name="live"/> itself when the two differ in nothing but the times of
    /// managed-fields entries - then nothing is written and the resource version stays. Ask last, after defaulting and admission.
    /// </summary>
    public static JsonObject KeepIfOnlyTimesDiffer(JsonObject live, JsonObject updated)
    {
        var same = SameBut("metadata", live, updated)
            && SameBut("managedFields", live.ObjectAt("metadata") ?? [], updated.ObjectAt("metadata") ?? [])
            && SameEntries(live.At("metadata", "managedFields") as JsonArray ?? [], updated.At("metadata", "managedFields") as JsonArray ?? []);
        return same ? live : updated;
    }

    private static bool SameBut(string field, JsonObject left, JsonObject right) =>
        left.Count(entry => entry.Key != field) == right.Count(entry => entry.Key != field)
        && left.All(entry => entry.Key == field || (right.TryGetPropertyValue(entry.Key, out var theirs) && JsonEquality.Same(entry.Value, theirs)));

    /// <summary>Whether two lists hold the same entries but for their times, by which they are ordered.</summary>
    private static bool SameEntries(JsonArray left, JsonArray right) =>
        left.Count == right.Count
        && left.All(entry => right.Any(other => entry is JsonObject a && other is JsonObject b && SameBut("time", a, b)));

    /// <summary>The name under which a client writes that gives none: its user agent up to the first slash, at most 128 characters.</summary>
    public static string DefaultManager(string? userAgent)
    {
        var name = new string([.. (userAgent ?? "").Split('/')[0].Where(c => !char.IsControl(c)).Take(128)]);
        return name.Length == 0 ? "unknown" : name;
    }

    /// <summary>Removes and returns the managed fields of an object.</summary>
    internal static JsonArray? TakeManagedFields(JsonObject obj)
    {
        if (obj["metadata"] is not JsonObject metadata || metadata["managedFields"] is not { } managed) return null;
        metadata.Remove("managedFields");
        return managed as JsonArray;
    }

    /// <summary>Writes entries into an object's metadata.</summary>
    internal static void Attach(JsonObject obj, IEnumerable<KeyValuePair<ManagerIdentity, ManagedEntry>> entries)
    {
        if (obj["metadata"] is not JsonObject metadata) obj["metadata"] = metadata = [];
        if (ManagedEntry.Write(entries) is { } list) metadata["managedFields"] = list;
        else metadata.Remove("managedFields");
    }

    private static bool IsReset(JsonArray? managed) => managed is [JsonObject { Count: 0 }];

    private static Dictionary<ManagerIdentity, ManagedEntry> Cap(Dictionary<ManagerIdentity, ManagedEntry> entries)
    {
        var updaters = entries.Where(pair => !pair.Key.IsApply).OrderBy(pair => pair.Value.Time ?? DateTimeOffset.MinValue).ToArray();
        var tooMany = updaters.Length - UpdateManagersKept;
        if (tooMany <= 0) return entries;
        var capped = new Dictionary<ManagerIdentity, ManagedEntry>(entries);
        // One more than the surplus goes, since the bucket they fall into is an entry itself.
        foreach (var (identity, entry) in updaters.Take(tooMany + 1))
        {
            capped.Remove(identity);
            var bucket = ManagerIdentity.Updater("ancient-changes", entry.ApiVersion, identity.Subresource);
            capped[bucket] = capped.TryGetValue(bucket, out var ancient)
                ? ancient with { Fields = ancient.Fields.Union(entry.Fields), Time = entry.Time }
                : entry;
        }
        return capped;
    }
}
