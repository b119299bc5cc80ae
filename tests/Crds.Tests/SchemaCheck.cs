using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Nemotron.Crds.Tests;

/// <summary>
/// What a structural schema has against a value, without CEL: enough to hold samples and defaults against the schema here.
/// The API server's own wording and the rules are tested in the Lab.
/// </summary>
internal static class SchemaCheck
{
    internal static IEnumerable<string> Errors(JsonNode? value, JsonObject schema, string path)
    {
        if (value is null)
            return [];
        if (!HasType(value, schema))
            return [$"{path}: type"];
        return value switch
        {
            JsonObject map => OfObject(map, schema, path),
            JsonArray list => OfArray(list, schema, path),
            _ => OfScalar(value, schema, path),
        };
    }

    private static bool HasType(JsonNode value, JsonObject schema)
    {
        var kind = value.GetValueKind();
        if (schema["x-kubernetes-int-or-string"] is not null)
            return kind == JsonValueKind.String || IsInteger(value);
        return schema.Text("type") switch
        {
            null => schema["x-kubernetes-preserve-unknown-fields"] is not null,
            "object" => kind == JsonValueKind.Object,
            "array" => kind == JsonValueKind.Array,
            "string" => kind == JsonValueKind.String,
            "boolean" => kind is JsonValueKind.True or JsonValueKind.False,
            "integer" => IsInteger(value),
            "number" => kind == JsonValueKind.Number,
            var other => throw new InvalidOperationException($"unknown type {other}"),
        };
    }

    private static bool IsInteger(JsonNode value) =>
        value.GetValueKind() == JsonValueKind.Number && decimal.IsInteger(decimal.Parse(value.ToJsonString()));

    private static IEnumerable<string> OfObject(JsonObject map, JsonObject schema, string path)
    {
        foreach (var name in schema["required"]?.AsArray() ?? [])
        {
            if (map[name!.GetValue<string>()] is null)
                yield return $"{path}.{name}: required";
        }

        if (map.Count > Bound(schema, "maxProperties", long.MaxValue) || map.Count < Bound(schema, "minProperties", 0))
            yield return $"{path}: entries";
        foreach (var (name, value) in map)
        {
            var field = $"{path}.{name}";
            if ((schema["properties"]?[name] ?? schema["additionalProperties"]) is not JsonObject below)
            {
                if (schema["properties"] is not null)
                    yield return $"{field}: unknown";
                continue;
            }

            foreach (var error in Errors(value, below, field))
                yield return error;
        }
    }

    private static IEnumerable<string> OfArray(JsonArray list, JsonObject schema, string path)
    {
        if (list.Count > Bound(schema, "maxItems", long.MaxValue) || list.Count < Bound(schema, "minItems", 0))
            yield return $"{path}: items";
        var keys = schema["x-kubernetes-list-map-keys"]?.AsArray().Select(k => k!.GetValue<string>()).ToList();
        if (keys is not null && list.Select(i => string.Join('\n', keys.Select(k => i![k]?.ToJsonString()))).Distinct().Count() < list.Count)
            yield return $"{path}: duplicate";
        for (var i = 0; i < list.Count; i++)
        {
            foreach (var error in Errors(list[i], schema["items"]!.AsObject(), $"{path}[{i}]"))
                yield return error;
        }
    }

    private static IEnumerable<string> OfScalar(JsonNode value, JsonObject schema, string path)
    {
        if (schema["enum"] is JsonArray allowed && !allowed.Any(a => JsonNode.DeepEquals(a, value)))
            yield return $"{path}: enum";
        if (value.GetValueKind() == JsonValueKind.String)
        {
            var text = value.GetValue<string>();
            if (text.Length > Bound(schema, "maxLength", long.MaxValue) || text.Length < Bound(schema, "minLength", 0))
                yield return $"{path}: length";
            if (schema.Text("pattern") is { } pattern && !Regex.IsMatch(text, pattern))
                yield return $"{path}: pattern";
        }
        else if (value.GetValueKind() == JsonValueKind.Number)
        {
            var number = decimal.Parse(value.ToJsonString());
            if (schema["minimum"] is { } minimum && Below(number, Decimal(minimum), schema["exclusiveMinimum"] is not null))
                yield return $"{path}: minimum";
            if (schema["maximum"] is { } maximum && Below(-number, -Decimal(maximum), schema["exclusiveMaximum"] is not null))
                yield return $"{path}: maximum";
        }
    }

    private static bool Below(decimal number, decimal bound, bool exclusive) => exclusive ? number <= bound : number < bound;

    private static decimal Decimal(JsonNode node) => decimal.Parse(node.ToJsonString());

    private static long Bound(JsonObject schema, string keyword, long otherwise) => schema[keyword] is { } bound ? long.Parse(bound.ToJsonString()) : otherwise;
}
