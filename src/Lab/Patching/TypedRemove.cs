using System.Text.Json.Nodes;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Patching;

/// <summary>Takes fields out of an object.</summary>
internal static class TypedRemove
{
    /// <summary>A copy without the fields and items in the set. A map or list that loses all it held stays, empty.</summary>
    public static JsonObject Remove(JsonObject value, FieldSet set, StructuralSchema? schema)
    {
        var kept = new JsonObject();
        foreach (var (name, field) in value)
        {
            var element = FieldPath.Field(name);
            if (set.Has(element)) continue;
            kept[name] = RemoveBelow(field, set.Under(element), TypedShape.Field(schema, name));
        }
        return kept;
    }

    private static JsonNode? RemoveBelow(JsonNode? value, FieldSet? set, StructuralSchema? schema)
    {
        if (set is null || value is null) return value?.DeepClone();
        switch (TypedShape.Of(schema, value))
        {
            case Shape.Map:
                return Remove((JsonObject)value, set, schema);
            case Shape.List:
                var kept = new JsonArray();
                foreach (var (element, item) in TypedShape.Items(schema!, (JsonArray)value))
                {
                    if (!set.Has(element)) kept.Add(RemoveBelow(item, set.Under(element), schema!.Items));
                }
                return kept;
            default:
                return value.DeepClone();
        }
    }
}
