using System.Text.Json.Nodes;

namespace Nemotron.Lab.Schema;

/// <summary>Fills in defaults, and settles what a JSON null means: the default where there is one, else nothing at all, unless the field is nullable.</summary>
internal static class Defaulting
{
    /// <summary>Applies defaults at every depth (map values and list items included), then drops the nulls that may not stand. Changes <paramref name="obj"/>.</summary>
    public static void Apply(JsonObject obj, StructuralSchema schema)
    {
        Fill(obj, schema);
        DropNulls(obj, schema);
    }

    /// <summary>Applies defaults only.</summary>
    public static void Fill(JsonNode? value, StructuralSchema? schema)
    {
        if (schema is null) return;
        switch (value)
        {
            case JsonObject o:
                foreach (var (name, property) in schema.Properties)
                    if (property.Default is { } whenAbsent && (!o.TryGetPropertyValue(name, out var present) || (present is null && !property.Nullable)))
                        o[name] = whenAbsent.DeepClone();
                foreach (var name in o.Select(p => p.Key).ToList())
                {
                    if (schema.Properties.TryGetValue(name, out var property)) Fill(o[name], property);
                    else if (schema.AdditionalProperties is { } values)
                    {
                        if (o[name] is null && !values.Nullable && values.Default is { } whenNull) o[name] = whenNull.DeepClone();
                        Fill(o[name], values);
                    }
                }
                break;
            case JsonArray list when schema.Items is { } items:
                for (var i = 0; i < list.Count; i++)
                {
                    if (list[i] is null && !items.Nullable && items.Default is { } whenNull) list[i] = whenNull.DeepClone();
                    Fill(list[i], items);
                }
                break;
        }
    }

    // A null list item stays and fails validation: dropping it would move its neighbours.
    private static void DropNulls(JsonNode? value, StructuralSchema? schema)
    {
        if (schema is null) return;
        switch (value)
        {
            case JsonObject o:
                foreach (var name in o.Select(p => p.Key).ToList())
                {
                    var child = schema.Properties.GetValueOrDefault(name) ?? schema.AdditionalProperties;
                    if (child is null) continue;
                    if (o[name] is null && !child.Nullable) o.Remove(name);
                    else DropNulls(o[name], child);
                }
                break;
            case JsonArray list:
                foreach (var item in list) DropNulls(item, schema.Items);
                break;
        }
    }
}
