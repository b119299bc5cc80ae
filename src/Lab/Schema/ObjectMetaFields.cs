using System.Text.Json.Nodes;

namespace Nemotron.Lab.Schema;

/// <summary>The fields of <c>metadata</c>, which no CRD declares and every resource has.</summary>
internal static class ObjectMetaFields
{
    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "annotations", "creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "finalizers", "generateName", "generation",
        "labels", "managedFields", "name", "namespace", "ownerReferences", "resourceVersion", "selfLink", "uid",
    };

    private static readonly HashSet<string> KnownOfOwner = new(StringComparer.Ordinal)
    {
        "apiVersion", "blockOwnerDeletion", "controller", "kind", "name", "uid",
    };

    private static readonly HashSet<string> KnownOfManagedFields = new(StringComparer.Ordinal)
    {
        "apiVersion", "fieldsType", "fieldsV1", "manager", "operation", "subresource", "time",
    };

    /// <summary>Removes unknown fields from <paramref name="metadata"/> and adds their paths to <paramref name="unknown"/>.</summary>
    public static void Prune(JsonObject metadata, string path, List<string> unknown)
    {
        Prune(metadata, path, Known, unknown);
        PruneItems(metadata["ownerReferences"], FieldPath.Child(path, "ownerReferences"), KnownOfOwner, unknown);
        PruneItems(metadata["managedFields"], FieldPath.Child(path, "managedFields"), KnownOfManagedFields, unknown);
    }

    private static void PruneItems(JsonNode? items, string path, HashSet<string> known, List<string> unknown)
    {
        if (items is not JsonArray list) return;
        for (var i = 0; i < list.Count; i++)
            if (list[i] is JsonObject item)
                Prune(item, FieldPath.Index(path, i), known, unknown);
    }

    private static void Prune(JsonObject value, string path, HashSet<string> known, List<string> unknown)
    {
        foreach (var name in value.Select(p => p.Key).Where(n => !known.Contains(n)).ToList())
        {
            unknown.Add(FieldPath.Child(path, name));
            value.Remove(name);
        }
    }
}
