using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Schema;

/// <summary>Duplicates in lists of type <c>set</c> and <c>map</c>.</summary>
internal static class ListTypeValidation
{
    /// <summary>One cause for each item that repeats an earlier one.</summary>
    public static IReadOnlyList<StatusCause> Validate(JsonObject obj, StructuralSchema schema)
    {
        var causes = new List<StatusCause>();
        Visit(obj, schema, "", causes);
        return causes;
    }

    private static void Visit(JsonNode? value, StructuralSchema? schema, string path, List<StatusCause> causes)
    {
        if (schema is null) return;
        switch (value)
        {
            case JsonObject o:
                foreach (var (name, item) in o)
                    if (schema.Properties.TryGetValue(name, out var property)) Visit(item, property, FieldPath.Child(path, name), causes);
                    else if (schema.AdditionalProperties is { } values) Visit(item, values, FieldPath.Key(path, name), causes);
                break;
            case JsonArray list:
                if (schema.ListType == ListType.Set) VisitSet(list, path, causes);
                else if (schema.ListType == ListType.Map) VisitMap(list, schema.ListMapKeys, path, causes);
                for (var i = 0; i < list.Count; i++) Visit(list[i], schema.Items, FieldPath.Index(path, i), causes);
                break;
        }
    }

    private static void VisitSet(JsonArray list, string path, List<StatusCause> causes)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < list.Count; i++)
            if (!seen.Add(GoText.Json(list[i])))
                causes.Add(FieldError.Duplicate(FieldPath.Index(path, i), GoText.FieldValue(list[i])));
    }

    private static void VisitMap(JsonArray list, IReadOnlyList<string> keys, string path, List<StatusCause> causes)
    {
        for (var i = 0; i < list.Count; i++)
            if (list[i] is not null and not JsonObject)
                causes.Add(FieldError.Invalid(FieldPath.Index(path, i), list[i], "must be an object for an array of list-type map"));
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < list.Count; i++)
        {
            if (list[i] is not JsonObject item) continue;
            var identity = new JsonObject();
            foreach (var key in keys)
                if (item.TryGetPropertyValue(key, out var part))
                    identity[key] = part?.DeepClone();
            var printed = GoText.Json(identity);
            if (!seen.Add(printed)) causes.Add(FieldError.Duplicate(FieldPath.Index(path, i), printed));
        }
    }
}
