using System.Text.Json;
using System.Text.Json.Nodes;
using Nemotron.Lab.Api;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Patching;

/// <summary>Checks that an applied configuration fits the kind's schema, before anything is merged.</summary>
internal static class AppliedConfiguration
{
    /// <summary>Refuses undeclared fields, wrong types, and list items without key or with the same key.</summary>
    /// <exception cref="ApiException">500 without a reason, as the server answers.</exception>
    public static void Validate(JsonObject applied, StructuralSchema root)
    {
        var faults = new List<string>();
        Visit(applied, root, "", faults);
        if (faults.Count == 0) return;
        var metadata = applied["metadata"];
        var version = applied["apiVersion"]?.GetValue<string>();
        var who = $"{metadata?["namespace"]?.GetValue<string>()}/{metadata?["name"]?.GetValue<string>()}; {version}, Kind={applied["kind"]?.GetValue<string>()}";
        var what = faults.Count == 1 ? faults[0] : "errors:\n" + string.Join('\n', faults.Select(fault => "  " + fault));
        throw new ApiException(500, "", $"failed to create typed patch object ({who}): {what}");
    }

    private static void Visit(JsonNode? value, StructuralSchema? schema, string path, List<string> faults)
    {
        if (value is null || schema is null) return;
        switch (value)
        {
            case JsonObject fields when Accepts(schema, "object"):
                foreach (var (name, field) in fields)
                {
                    var below = TypedShape.Field(schema, name);
                    if (below is null && !TypedShape.AllowsUndeclared(schema)) faults.Add($"{path}.{name}: field not declared in schema");
                    else Visit(field, below, $"{path}.{name}", faults);
                }
                break;
            case JsonArray items when Accepts(schema, "array"):
                VisitItems(items, schema, path, faults);
                break;
            case JsonValue scalar when Fault(scalar, schema) is { } fault:
                faults.Add($"{path}: {fault}");
                break;
            case JsonObject:
                faults.Add($"{path}: expected {Expected(schema)}, got map");
                break;
            case JsonArray:
                faults.Add($"{path}: expected {Expected(schema)}, got list");
                break;
            default:
                break;
        }
    }

    private static void VisitItems(JsonArray items, StructuralSchema schema, string path, List<string> faults)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var told = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < items.Count; i++)
        {
            if (!TypedShape.IsGranularList(schema))
            {
                Visit(items[i], schema.Items, $"{path}[{i}]", faults);
                continue;
            }
            if (FieldPath.Item(schema, items[i]) is not { } element)
            {
                var keys = schema.ListMapKeys;
                faults.Add($"{path}: element {i}: associative list with keys has an element that omits key field {FieldPath.Json(keys[0])} (and doesn't have default value)");
                continue;
            }
            var place = FieldPath.Print([element]);
            if (!seen.Add(element))
            {
                if (told.Add(element)) faults.Add($"{path}: duplicate entries for key {place}");
                continue;
            }
            Visit(items[i], schema.Items, path + place, faults);
        }
    }

    private static bool Accepts(StructuralSchema schema, string type) => !schema.IntOrString && (schema.Type is null || schema.Type == type);

    private static string Expected(StructuralSchema schema) => schema.Type switch
    {
        "object" => "map",
        "array" => "list",
        "integer" or "number" => "numeric (int or float)",
        null when schema.IntOrString => "scalar",
        var type => type ?? "scalar",
    };

    private static string? Fault(JsonValue value, StructuralSchema schema)
    {
        if (schema.IntOrString || schema.Type is null) return null;
        var kind = value.GetValueKind();
        var fits = schema.Type switch
        {
            "string" => kind == JsonValueKind.String || (schema.Format == "quantity" && kind == JsonValueKind.Number),
            "integer" or "number" => kind == JsonValueKind.Number,
            "boolean" => kind is JsonValueKind.True or JsonValueKind.False,
            _ => false,
        };
        if (fits) return null;
        var got = kind switch
        {
            JsonValueKind.String => schema.Type is "object" or "array" ? $"&{{{value.GetValue<string>()}}}" : "string",
            JsonValueKind.Number => schema.Type is "object" or "array" ? $"&{{{value.ToJsonString()}}}" : $"&value.valueUnstructured{{Value:{value.ToJsonString()}}}",
            _ => schema.Type is "object" or "array" ? $"&{{{value.ToJsonString()}}}" : $"&value.valueUnstructured{{Value:{value.ToJsonString()}}}",
        };
        return schema.Type is "integer" or "number" && kind == JsonValueKind.String
            ? "expected numeric (int or float), got string"
            : $"expected {Expected(schema)}, got {got}";
    }
}
