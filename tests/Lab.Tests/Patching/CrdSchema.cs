using System.Text.Json.Nodes;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Tests.Patching;

/// <summary>As much of a CRD's schema as merging and ownership look at, and its defaults.</summary>
internal static class CrdSchema
{
    public static StructuralSchema Parse(JsonObject json) => new()
    {
        Type = (string?)json["type"],
        Format = (string?)json["format"],
        Properties = (json["properties"] as JsonObject ?? []).ToDictionary(field => field.Key, field => Parse(field.Value!.AsObject())),
        AdditionalProperties = json["additionalProperties"] is JsonObject values ? Parse(values) : null,
        Items = json["items"] is JsonObject items ? Parse(items) : null,
        Default = json["default"]?.DeepClone(),
        PreserveUnknownFields = (bool?)json["x-kubernetes-preserve-unknown-fields"] ?? false,
        IntOrString = (bool?)json["x-kubernetes-int-or-string"] ?? false,
        ListType = (string?)json["x-kubernetes-list-type"] switch { "map" => ListType.Map, "set" => ListType.Set, _ => ListType.Atomic },
        ListMapKeys = [.. (json["x-kubernetes-list-map-keys"] as JsonArray ?? []).Select(key => (string)key!)],
        AtomicMap = (string?)json["x-kubernetes-map-type"] == "atomic",
    };

    public static void FillDefaults(JsonObject obj, StructuralSchema schema)
    {
        foreach (var (name, field) in schema.Properties)
        {
            if (!obj.ContainsKey(name) && field.Default is not null) obj[name] = field.Default.DeepClone();
            if (obj[name] is JsonObject below) FillDefaults(below, field);
        }
    }
}
