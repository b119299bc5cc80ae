using System.Text.Json.Nodes;

namespace Nemotron.Crds.Generation;

/// <summary>The order of keywords in a schema, so that files read well and do not change without cause.</summary>
internal static class SchemaKeyOrder
{
    private static readonly string[] Order =
    [
        "description", "type", "format", "enum", "default",
        "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum",
        "minLength", "maxLength", "pattern", "minItems", "maxItems", "minProperties", "maxProperties",
        "required", "properties", "items", "additionalProperties",
        "x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type",
        "x-kubernetes-validations",
    ];

    /// <summary>A copy of the schema with its keywords, and those of all schemas below, in order. Fields keep theirs.</summary>
    /// <exception cref="InvalidOperationException">A keyword is not one of those that this API uses.</exception>
    internal static JsonObject Arrange(JsonObject schema)
    {
        var unknown = schema.Select(p => p.Key).Except(Order).ToList();
        if (unknown.Count > 0)
            throw new InvalidOperationException($"unexpected schema keywords: {string.Join(", ", unknown)}");

        var arranged = new JsonObject();
        foreach (var key in Order)
        {
            if (schema[key] is not { } value)
                continue;
            arranged[key] = (key, value) switch
            {
                ("properties", JsonObject fields) => new JsonObject(fields.Select(
                    f => KeyValuePair.Create<string, JsonNode?>(f.Key, Arrange(f.Value!.AsObject())))),
                ("items" or "additionalProperties", JsonObject below) => Arrange(below),
                _ => value.DeepClone(),
            };
        }

        return arranged;
    }
}
