using System.Text.Json;
using System.Text.Json.Nodes;
using Nemotron.Lab.Patching;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Kinds;

/// <summary>
/// What remains of a built-in object after the server has read it into its Go type and written it again: unknown fields, nulls and empty
/// optional values are gone, always present fields are there, quantities are in canonical form.
/// </summary>
internal static class WireForm
{
    /// <summary>A copy of the object in that form. Values of the wrong JSON type stay for validation to find.</summary>
    public static JsonObject Of(JsonObject value, StructuralSchema schema)
    {
        var result = new JsonObject();
        foreach (var (name, field) in value)
        {
            if (!schema.Properties.TryGetValue(name, out var below))
            {
                if (TypedShape.AllowsUndeclared(schema)) result[name] = Value(field, schema.AdditionalProperties);
                continue;
            }
            var written = Value(field, below);
            if (written is null ? below.AlwaysPresent && field is null : !(below.OmitsZero && IsZero(written))) result[name] = written ?? ZeroObject.ValueOf(below);
        }
        foreach (var (name, below) in schema.Properties)
        {
            if (below.AlwaysPresent && !result.ContainsKey(name)) result[name] = ZeroObject.ValueOf(below);
        }
        return result;
    }

    /// <summary>Adds, in place, the always present fields that are missing.</summary>
    public static void Complete(JsonObject value, StructuralSchema schema)
    {
        foreach (var (name, below) in schema.Properties)
        {
            if (value.TryGetPropertyValue(name, out var field)) CompleteBelow(field, below);
            else if (below.AlwaysPresent) value[name] = ZeroObject.ValueOf(below);
        }
        if (schema.AdditionalProperties is not { Type: "object" } entry) return;
        foreach (var (_, field) in value) CompleteBelow(field, entry);
    }

    private static void CompleteBelow(JsonNode? value, StructuralSchema? schema)
    {
        if (value is JsonObject fields && schema is { Type: "object" }) Complete(fields, schema);
        else if (value is JsonArray items && schema is { Type: "array", Items.Type: "object" or "array" })
        {
            foreach (var item in items) CompleteBelow(item, schema.Items);
        }
    }

    private static JsonNode? Value(JsonNode? value, StructuralSchema? schema) => value switch
    {
        null => null,
        JsonObject fields when schema is { Type: "object" } && (schema.Properties.Count > 0 || schema.AdditionalProperties is not null) => Of(fields, schema),
        JsonArray items when schema is { Type: "array", Items: { } item } => new JsonArray([.. items.Select(element => Value(element, item))]),
        JsonValue scalar when schema is { Format: "quantity" } => Quantity.TryParse(scalar, out var quantity) ? quantity.ToString() : scalar.DeepClone(),
        _ => value.DeepClone(),
    };

    private static bool IsZero(JsonNode value) => value switch
    {
        JsonObject fields => fields.Count == 0,
        JsonArray items => items.Count == 0,
        _ => value.GetValueKind() switch
        {
            JsonValueKind.String => value.GetValue<string>().Length == 0,
            JsonValueKind.False => true,
            JsonValueKind.Number => value.ToJsonString() is "0" or "0.0" or "-0",
            _ => false,
        },
    };
}
