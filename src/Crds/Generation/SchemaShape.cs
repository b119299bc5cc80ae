using System.Text.Json.Nodes;

namespace Nemotron.Crds.Generation;

/// <summary>Small constructors of OpenAPI nodes, for schemas that are written by hand.</summary>
internal static class SchemaShape
{
    /// <summary>An object with the given fields; those named with a trailing <c>!</c> are required.</summary>
    internal static JsonObject Object(string description, params (string Name, JsonObject Schema)[] fields)
    {
        var properties = new JsonObject();
        var required = new JsonArray();
        foreach (var (name, schema) in fields)
        {
            var plain = name.TrimEnd('!');
            if (plain.Length != name.Length)
                required.Add(plain);
            properties[plain] = schema;
        }

        var node = new JsonObject { ["description"] = description, ["type"] = "object" };
        if (required.Count > 0)
            node["required"] = required;
        node["properties"] = properties;
        return node;
    }

    internal static JsonObject String(string description, int maxLength, int minLength = 0, string? pattern = null)
    {
        var node = new JsonObject { ["description"] = description, ["type"] = "string", ["maxLength"] = maxLength };
        if (minLength > 0)
            node["minLength"] = minLength;
        if (pattern is not null)
            node["pattern"] = pattern;
        return node;
    }

    internal static JsonObject Enum(string description, params string[] values) => new()
    {
        ["description"] = description,
        ["type"] = "string",
        ["enum"] = new JsonArray([.. values.Select(v => (JsonNode)v)]),
    };

    internal static JsonObject Boolean(string description) => new() { ["description"] = description, ["type"] = "boolean" };

    internal static JsonObject Integer(string description, string format, long minimum, long? maximum = null)
    {
        var node = new JsonObject { ["description"] = description, ["type"] = "integer", ["format"] = format, ["minimum"] = minimum };
        if (maximum is not null)
            node["maximum"] = maximum;
        return node;
    }

    internal static JsonObject List(string description, int maxItems, JsonObject items, string listType = "atomic", params string[] keys)
    {
        var node = new JsonObject
        {
            ["description"] = description,
            ["type"] = "array",
            ["maxItems"] = maxItems,
            ["items"] = items,
            ["x-kubernetes-list-type"] = listType,
        };
        if (keys.Length > 0)
            node["x-kubernetes-list-map-keys"] = new JsonArray([.. keys.Select(k => (JsonNode)k)]);
        return node;
    }

    internal static JsonObject Map(string description, int maxProperties, JsonObject values) => new()
    {
        ["description"] = description,
        ["type"] = "object",
        ["maxProperties"] = maxProperties,
        ["additionalProperties"] = values,
    };

    internal static JsonObject Quantity(string description) => new()
    {
        ["description"] = description,
        ["pattern"] = Patterns.Quantity,
        ["x-kubernetes-int-or-string"] = true,
    };

    /// <summary>An item of a list or map, which needs no description of its own.</summary>
    internal static JsonObject Bare(JsonObject node)
    {
        node.Remove("description");
        return node;
    }

    /// <summary>Owned and replaced as a whole by server-side apply.</summary>
    internal static JsonObject Atomic(JsonObject node)
    {
        node["x-kubernetes-map-type"] = "atomic";
        return node;
    }

    internal static JsonObject WithRule(JsonObject node, string rule, string message)
    {
        node["x-kubernetes-validations"] = new JsonArray(new JsonObject { ["rule"] = rule, ["message"] = message });
        return node;
    }
}
