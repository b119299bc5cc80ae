using System.Text.Json.Nodes;
using CsCheck;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Tests.Patching;

/// <summary>Random JSON for properties: few names and values, so that objects overlap.</summary>
internal static class JsonGen
{
    private static readonly Gen<string> Name = OneOf("a", "b", "c", "d");

    private static readonly Gen<string> Scalar = OneOf("1", "2", "\"x\"", "\"y\"", "true");

    /// <summary>Objects up to three deep, without nulls.</summary>
    public static Gen<JsonObject> Object { get; } = Text(3).Select(text => (JsonObject)JsonNode.Parse(text)!);

    /// <summary>A schema with every shape: scalar, map, struct, atomic list, set, list by key, atomic map.</summary>
    public static StructuralSchema Schema { get; } = new()
    {
        Type = "object",
        Properties = new Dictionary<string, StructuralSchema>
        {
            ["spec"] = new()
            {
                Type = "object",
                Properties = new Dictionary<string, StructuralSchema>
                {
                    ["size"] = new() { Type = "integer" },
                    ["name"] = new() { Type = "string" },
                    ["map"] = new() { Type = "object", AdditionalProperties = new() { Type = "string" } },
                    ["whole"] = new() { Type = "object", AdditionalProperties = new() { Type = "string" }, AtomicMap = true },
                    ["list"] = new() { Type = "array", Items = new() { Type = "integer" } },
                    ["set"] = new() { Type = "array", ListType = ListType.Set, Items = new() { Type = "string" } },
                    ["items"] = new()
                    {
                        Type = "array",
                        ListType = ListType.Map,
                        ListMapKeys = ["key"],
                        Items = new()
                        {
                            Type = "object",
                            Properties = new Dictionary<string, StructuralSchema> { ["key"] = new() { Type = "string" }, ["value"] = new() { Type = "integer" } },
                        },
                    },
                },
            },
        },
    };

    /// <summary>Configurations that fit <see cref="Schema"/>.</summary>
    public static Gen<JsonObject> Configuration { get; } = Gen.Select(
        Gen.Int[0, 3], Gen.Int[0, 3], Keys, Keys, Keys, Keys, Gen.Int[0, 3]).Select((size, name, map, whole, set, items, value) =>
        {
            var spec = new JsonObject();
            if (size > 0) spec["size"] = size;
            if (name > 0) spec["name"] = $"n{name}";
            if (map.Length > 0) spec["map"] = new JsonObject(map.Select(key => KeyValuePair.Create(key, (JsonNode?)$"m{value}")));
            if (whole.Length > 0) spec["whole"] = new JsonObject(whole.Select(key => KeyValuePair.Create(key, (JsonNode?)"w")));
            if (value > 0) spec["list"] = new JsonArray(value, size);
            if (set.Length > 0) spec["set"] = new JsonArray([.. set.Select(key => (JsonNode)key)]);
            if (items.Length > 0) spec["items"] = new JsonArray([.. items.Select(key => new JsonObject { ["key"] = key, ["value"] = value })]);
            return new JsonObject { ["apiVersion"] = "t/v1", ["kind"] = "T", ["metadata"] = new JsonObject { ["name"] = "o" }, ["spec"] = spec };
        });

    private static Gen<string[]> Keys => Name.Array[0, 3].Select(names => names.Distinct().ToArray());

    private static Gen<string> OneOf(params string[] choices) => Gen.Int[0, choices.Length - 1].Select(i => choices[i]);

    private static Gen<string> Text(int depth)
    {
        var value = depth == 0 ? Scalar : Gen.Frequency((3, Scalar), (1, Scalar.Array[0, 3].Select(items => $"[{string.Join(',', items)}]")), (2, Text(depth - 1)));
        return Gen.Select(Name, value).Array[0, 4].Select(fields =>
            "{" + string.Join(',', fields.DistinctBy(field => field.Item1).Select(field => $"\"{field.Item1}\":{field.Item2}")) + "}");
    }
}
