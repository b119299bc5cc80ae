using System.Text.Json.Nodes;
using Nemotron.Lab.Api;
using Nemotron.Lab.Kinds;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Patching;

/// <summary>Server-side apply: merges what a manager wants into the object, and removes what it wanted before, wants no more, and nobody else owns.</summary>
internal static class ServerSideApply
{
    /// <summary>The manager of what was there before anybody's fields were tracked.</summary>
    private const string BeforeFirstApply = "before-first-apply";

    /// <summary>The object after the apply, with its managed fields, before defaulting and admission. Nothing but a copy of
    /// <paramref name="live"/> when the apply changes neither value nor ownership.</summary>
    /// <param name="live">The stored object, or null when the apply creates it.</param>
    /// <param name="applied">The configuration.</param>
    /// <param name="schema">The kind's schema; metadata need not be in it.</param>
    /// <param name="manager">The applier's name.</param>
    /// <param name="force">Whether fields in conflict are taken from their owners.</param>
    /// <param name="apiVersion">The version of the request's path.</param>
    /// <param name="subresource"><c>status</c> and the like, or null.</param>
    /// <param name="now">The time of the applier's entry if anything changes.</param>
    /// <param name="reset">Fields that this write cannot change (see <see cref="ResetFields"/>); null for none.</param>
    /// <exception cref="ApiException">400 for a wrong version or given managed fields; 409 for conflicts; 500 when the configuration does
    /// not fit the schema (the server's own choice of code).</exception>
    public static JsonObject Apply(
        JsonObject? live,
        JsonObject applied,
        StructuralSchema schema,
        string manager,
        bool force,
        string apiVersion,
        string? subresource,
        DateTimeOffset now,
        FieldSet? reset = null)
    {
        Check(applied, apiVersion);
        var root = ObjectMetaSchema.WithMetadata(schema);
        AppliedConfiguration.Validate(applied, root);

        var old = live is null ? Bare(applied) : Managed(live, schema, apiVersion, subresource, now, reset);
        var entries = FieldOwnership.UnderSchema(ManagedEntry.Read(old.At("metadata", "managedFields")), root);
        var identity = ManagerIdentity.Applier(manager, subresource);
        var previous = entries.GetValueOrDefault(identity);

        var fields = TypedFields.Of(applied, root);
        if (reset is not null) fields = fields.ExceptBelow(reset);
        entries[identity] = new ManagedEntry(apiVersion, previous?.Time, fields);

        var merged = TypedMerge.Merge(old, applied, root);
        if (previous is not null) merged = Prune(merged, previous.Fields, Everyones(entries), root);

        var changes = TypedCompare.Of(old, merged, root, reset);
        if (!force) RefuseConflicts(FieldOwnership.Conflicts(entries, changes, identity), manager, old, root);
        entries = FieldOwnership.Yield(entries, changes, identity);
        if (entries.TryGetValue(identity, out var own))
        {
            var changed = live is null || !JsonEquality.Same(old, merged);
            entries[identity] = own with { Fields = FieldOwnership.WithoutServerFields(own.Fields), Time = changed ? now : own.Time };
        }
        ManagedFields.Attach(merged, entries);
        if (manager == LastApplied.Kubectl) LastApplied.Refresh(merged, old, applied);
        var kept = live is null ? merged : ManagedFields.KeepIfOnlyTimesDiffer(live, merged);
        return ReferenceEquals(kept, live) ? (JsonObject)kept.DeepClone() : kept;
    }

    private static void RefuseConflicts(
        IReadOnlyList<(ManagerIdentity Owner, FieldSet Fields)> conflicts, string manager, JsonObject old, StructuralSchema root)
    {
        if (conflicts.Count == 0) return;
        if (manager == LastApplied.Kubectl)
        {
            var handedOver = LastApplied.FieldsStillAsApplied(old, root);
            conflicts = [.. conflicts.Select(conflict => (conflict.Owner, conflict.Fields.Except(handedOver))).Where(conflict => !conflict.Item2.IsEmpty)];
        }
        if (conflicts.Count > 0) throw ApplyConflicts.Refusal(conflicts);
    }

    private static void Check(JsonObject applied, string apiVersion)
    {
        if (applied["metadata"]?["managedFields"] is not null)
            throw new ApiException(400, "BadRequest", "metadata.managedFields must be nil");
        var version = applied["apiVersion"]?.GetValue<string>() ?? "";
        if (version != apiVersion)
        {
            throw new ApiException(
                400, "BadRequest", $"Incorrect version specified in apply patch. Specified patch version: {version}, expected: {apiVersion}");
        }
    }

    /// <summary>The object; one that nobody manages is taken to have been written by <c>before-first-apply</c>, so that an apply meets its fields as another's.</summary>
    private static JsonObject Managed(JsonObject live, StructuralSchema schema, string apiVersion, string? subresource, DateTimeOffset now, FieldSet? reset) =>
        ManagedEntry.Read(live.At("metadata", "managedFields")).Count > 0
            ? live
            : ManagedFields.RecordUpdate(null, live, schema, BeforeFirstApply, apiVersion, subresource, now, reset);

    private static JsonObject Bare(JsonObject applied) =>
        new() { ["apiVersion"] = applied["apiVersion"]?.DeepClone(), ["kind"] = applied["kind"]?.DeepClone(), ["metadata"] = new JsonObject() };

    private static FieldSet Everyones(Dictionary<ManagerIdentity, ManagedEntry> entries) =>
        entries.Values.Aggregate(new FieldSet(), (all, entry) => all.Union(entry.Fields));

    /// <summary>
    /// Takes out what the manager applied last time and does not own now, in three steps: everything it owned; back with what anyone owns
    /// (its new configuration included); back with what it did not own itself, such as defaults inside an object that it created.
    /// </summary>
    private static JsonObject Prune(JsonObject merged, FieldSet last, FieldSet owned, StructuralSchema root)
    {
        var formerly = TypedFields.WithDeclaredParents(last, root);
        var all = TypedFields.WithDeclaredParents(TypedFields.Of(merged, root), root);

        var pruned = TypedRemove.Remove(merged, formerly, root);
        var kept = Present(pruned, root).Union(TypedFields.WithDeclaredParents(owned, root));
        pruned = TypedRemove.Remove(merged, all.Except(kept), root);
        return TypedRemove.Remove(merged, all.Except(Present(pruned, root)).Intersect(formerly), root);
    }

    private static FieldSet Present(JsonObject obj, StructuralSchema root) => TypedFields.WithDeclaredParents(TypedFields.Of(obj, root), root);
}
