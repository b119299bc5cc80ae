using System.Text.Json.Nodes;

namespace Nemotron.Crds.Generation;

/// <summary>Defaulting as the API server does it.</summary>
internal static class SchemaDefaults
{
    /// <summary>Writes the defaults of the schema into the value where fields are absent, or null without being nullable. Changes the value in place.</summary>
    /// <param name="value">The value; only objects and arrays can receive defaults.</param>
    /// <param name="schema">Its OpenAPI schema.</param>
    internal static void Apply(JsonNode? value, JsonObject schema)
    {
        switch (value)
        {
            case JsonObject map:
                ApplyToObject(map, schema);
                break;
            case JsonArray list when schema["items"] is JsonObject items:
                foreach (var item in list)
                    Apply(item, items);
                break;
        }
    }

    private static void ApplyToObject(JsonObject map, JsonObject schema)
    {
        if (schema["properties"] is JsonObject properties)
        {
            foreach (var (name, node) in properties)
            {
                if (node is not JsonObject field)
                    continue;
                if (map[name] is null && field["default"] is { } fallback)
                    map[name] = fallback.DeepClone();
                Apply(map[name], field);
            }
        }
        else if (schema["additionalProperties"] is JsonObject values)
        {
            foreach (var (_, entry) in map)
                Apply(entry, values);
        }
    }
}
