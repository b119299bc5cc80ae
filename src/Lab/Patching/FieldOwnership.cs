using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Patching;

/// <summary>How a write changes who owns what. All functions leave their arguments as they are.</summary>
internal static class FieldOwnership
{
    /// <summary>Fields nobody owns: they belong to the server, or name the object.</summary>
    private static readonly FieldSet NeverOwned = FieldSet.OfFields(
        "apiVersion", "kind", "metadata", "metadata.name", "metadata.namespace", "metadata.creationTimestamp", "metadata.selfLink",
        "metadata.uid", "metadata.clusterName", "metadata.generation", "metadata.managedFields", "metadata.resourceVersion");

    /// <summary>The set without the fields that nobody owns.</summary>
    public static FieldSet WithoutServerFields(FieldSet set) => set.Except(NeverOwned);

    /// <summary>Entries with their sets as they read under the present schema.</summary>
    public static Dictionary<ManagerIdentity, ManagedEntry> UnderSchema(Dictionary<ManagerIdentity, ManagedEntry> entries, StructuralSchema schema) =>
        entries.ToDictionary(pair => pair.Key, pair => pair.Value with { Fields = TypedFields.UnderSchema(pair.Value.Fields, schema) });

    /// <summary>
    /// Takes changed and removed fields from everyone but <paramref name="writer"/>. With <paramref name="force"/> off, a changed field
    /// that another owns is a conflict.
    /// </summary>
    /// <exception cref="Api.ApiException">409, one cause for each field in conflict.</exception>
    public static Dictionary<ManagerIdentity, ManagedEntry> Yield(
        Dictionary<ManagerIdentity, ManagedEntry> entries, TypedCompare changes, ManagerIdentity? writer, bool force)
    {
        var taken = changes.Modified.Union(changes.Added);
        if (!force)
        {
            var conflicts = entries
                .Where(pair => pair.Key != writer)
                .Select(pair => (pair.Key, Fields: pair.Value.Fields.Intersect(taken)))
                .Where(conflict => !conflict.Fields.IsEmpty)
                .ToArray();
            if (conflicts.Length > 0) throw ApplyConflicts.Refusal(conflicts);
        }
        var lost = taken.Union(changes.Removed);
        var result = new Dictionary<ManagerIdentity, ManagedEntry>();
        foreach (var (identity, entry) in entries)
        {
            var fields = identity == writer ? entry.Fields : entry.Fields.Except(lost);
            if (!fields.IsEmpty) result[identity] = entry with { Fields = fields };
        }
        return result;
    }
}
