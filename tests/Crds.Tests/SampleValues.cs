using System.Text.Json.Nodes;

namespace Nemotron.Crds.Tests;

/// <summary>Makes a value with every field of a schema set.</summary>
internal static class SampleValues
{
    internal static JsonNode Of(JsonObject schema, string name = "")
    {
        if (schema["x-kubernetes-int-or-string"] is not null)
            return schema.Text("pattern") == Patterns.Percent ? "25%" : schema["pattern"] is null ? 3 : "64Gi";
        if (schema["enum"] is JsonArray values)
            return values[^1] is { } last && last.GetValueKind() != System.Text.Json.JsonValueKind.False ? last.DeepClone() : values[0]!.DeepClone();
        return schema.Text("type") switch
        {
            "object" when schema["properties"] is JsonObject fields =>
                new JsonObject(fields.Select(f => KeyValuePair.Create<string, JsonNode?>(f.Key, Of(f.Value!.AsObject(), f.Key)))),
            "object" when schema["additionalProperties"] is JsonObject below => new JsonObject { ["a"] = Of(below) },
            "object" => new JsonObject { ["name"] = "sample" },
            "array" => new JsonArray(Of(schema["items"]!.AsObject())),
            "boolean" => true,
            "integer" => 7,
            "number" => 0.25,
            "string" => schema.Text("format") switch
            {
                "date-time" => "2026-11-23T22:45:00Z",
                "duration" => "1m30s",
                _ => name.Length == 0 ? "word" : name,
            },
            var other => throw new InvalidOperationException($"unknown type {other}"),
        };
    }
}
