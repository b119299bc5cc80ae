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

    /// <summary>What others own of the fields that a write adds or changes, by owner; empty when nothing is in conflict.</summary>
    public static IReadOnlyList<(ManagerIdentity Owner, FieldSet Fields)> Conflicts(
        Dictionary<ManagerIdentity, ManagedEntry> entries, TypedCompare changes, ManagerIdentity writer)
    {
        var taken = changes.Modified.Union(changes.Added);
        return
        [
            .. entries
                .Where(pair => pair.Key != writer)
                .Select(pair => (pair.Key, pair.Value.Fields.Intersect(taken)))
                .Where(conflict => !conflict.Item2.IsEmpty),
        ];
    }

    /// <summary>The entries after everyone but <paramref name="writer"/> has given up what the write adds, changes or removes.</summary>
    public static Dictionary<ManagerIdentity, ManagedEntry> Yield(
        Dictionary<ManagerIdentity, ManagedEntry> entries, TypedCompare changes, ManagerIdentity? writer)
    {
        var lost = changes.Modified.Union(changes.Added).Union(changes.Removed);
        var result = new Dictionary<ManagerIdentity, ManagedEntry>();
        foreach (var (identity, entry) in entries)
        {
            var fields = identity == writer ? entry.Fields : entry.Fields.Except(lost);
            if (!fields.IsEmpty) result[identity] = entry with { Fields = fields };
        }
        return result;
    }
}
