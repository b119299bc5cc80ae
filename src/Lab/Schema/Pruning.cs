using System.Text.Json.Nodes;

namespace Nemotron.Lab.Schema;

/// <summary>Removes what a schema does not declare.</summary>
internal static class Pruning
{
    /// <summary>
    /// Removes unknown fields from <paramref name="obj"/> and says which: <c>spec.foo</c>, <c>spec.items[1].bar</c>, unknown metadata first, each part sorted.
    /// </summary>
    /// <param name="obj">The object; changed.</param>
    /// <param name="schema">Its schema.</param>
    /// <param name="resourceRoot">Whether this is a whole resource, so that <c>apiVersion</c>, <c>kind</c> and <c>metadata</c> stand without being declared.</param>
    public static IReadOnlyList<string> Prune(JsonObject obj, StructuralSchema schema, bool resourceRoot)
    {
        var unknownMetadata = new List<string>();
        var unknown = new List<string>();
        var walk = new Walk(unknown, unknownMetadata, resourceRoot);
        if (resourceRoot)
        {
            if (obj["metadata"] is JsonObject metadata) ObjectMetaFields.Prune(metadata, "metadata", unknownMetadata);
            schema = schema with { EmbeddedResource = true };
        }
        walk.Visit(obj, schema, "");
        unknownMetadata.Sort(StringComparer.Ordinal);
        unknown.Sort(StringComparer.Ordinal);
        return [.. unknownMetadata, .. unknown];
    }

    private static bool IsTypeOrMeta(string name) => name is "apiVersion" or "kind" or "metadata";

    private readonly struct Walk(List<string> unknown, List<string> unknownMetadata, bool resourceRoot)
    {
        public void Visit(JsonNode? value, StructuralSchema? schema, string path)
        {
            if (schema is { PreserveUnknownFields: true })
            {
                VisitPreserved(value, schema, path);
                return;
            }
            switch (value)
            {
                case JsonObject o:
                    PruneMetadata(o, schema, path);
                    foreach (var name in o.Select(p => p.Key).ToList())
                    {
                        var child = FieldPath.Child(path, name);
                        if (schema is { EmbeddedResource: true } && IsTypeOrMeta(name)) continue;
                        if (schema is not null && schema.Properties.TryGetValue(name, out var property)) Visit(o[name], property, child);
                        else if (schema?.AdditionalProperties is { } values) Visit(o[name], values, child);
                        else
                        {
                            unknown.Add(child);
                            o.Remove(name);
                        }
                    }
                    break;
                case JsonArray list:
                    for (var i = 0; i < list.Count; i++) Visit(list[i], schema?.Items, FieldPath.Index(path, i));
                    break;
            }
        }

        // Below a field that keeps unknown fields, only what is declared is looked into.
        private void VisitPreserved(JsonNode? value, StructuralSchema? schema, string path)
        {
            if (schema is null) return;
            switch (value)
            {
                case JsonObject o:
                    PruneMetadata(o, schema, path);
                    foreach (var (name, item) in o.ToList())
                    {
                        if (schema.EmbeddedResource && IsTypeOrMeta(name)) continue;
                        if (schema.Properties.TryGetValue(name, out var property)) Visit(item, property, FieldPath.Child(path, name));
                        else if (schema.AdditionalProperties is { } values) Visit(item, values, FieldPath.Child(path, name));
                    }
                    break;
                case JsonArray list:
                    for (var i = 0; i < list.Count; i++) VisitPreserved(list[i], schema.Items, FieldPath.Index(path, i));
                    break;
            }
        }

        private void PruneMetadata(JsonObject value, StructuralSchema? schema, string path)
        {
            if (schema is not { EmbeddedResource: true } || (resourceRoot && path.Length == 0)) return;
            if (value["metadata"] is JsonObject metadata) ObjectMetaFields.Prune(metadata, FieldPath.Child(path, "metadata"), unknownMetadata);
        }
    }
}
