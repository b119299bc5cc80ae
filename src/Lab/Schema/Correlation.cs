using System.Text.Json.Nodes;

namespace Nemotron.Lab.Schema;

/// <summary>
/// Finds the old value that a new one continues, as the server does: fields and map entries by name, items of a keyed list by key, items of other lists not at all.
/// </summary>
internal static class Correlation
{
    /// <summary>The old value of the item <paramref name="item"/> of a list, or null when there is none to compare with.</summary>
    public static JsonNode? OldItem(JsonNode? item, JsonNode? oldList, StructuralSchema listSchema)
    {
        if (listSchema.ListType != ListType.Map || oldList is not JsonArray old || item is not JsonObject current) return null;
        return old.FirstOrDefault(o => o is JsonObject candidate && listSchema.ListMapKeys.All(k => Same(Key(candidate, k, listSchema), Key(current, k, listSchema))));
    }

    /// <summary>The old value of the field or map entry <paramref name="name"/>.</summary>
    public static JsonNode? OldField(string name, JsonNode? oldObject) => oldObject is JsonObject o ? o[name] : null;

    /// <summary>Whether two values are the same, numbers compared by value.</summary>
    public static bool Same(JsonNode? a, JsonNode? b) => JsonNode.DeepEquals(a, b);

    private static JsonNode? Key(JsonObject item, string key, StructuralSchema listSchema) =>
        item[key] ?? listSchema.Items?.Properties.GetValueOrDefault(key)?.Default;
}
