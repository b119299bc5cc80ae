using System.Text.Json.Nodes;
using k8s.Models;
using Nemotron.Lab.Kinds;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Controllers.LeaderWorkerSets;

/// <summary>A pod template as a CRD's schema has it: every field of the typed model, without its texts.</summary>
internal static class PodTemplateSchema
{
    private const string QuantityPattern = @"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$";

    /// <summary>Fields without which a part of a pod makes no sense, by the model's name.</summary>
    private static readonly Dictionary<string, string[]> Required = new(StringComparer.Ordinal)
    {
        ["spec"] = ["containers"],
        ["containers"] = ["name"],
        ["initContainers"] = ["name"],
        ["env"] = ["name"],
        ["ports"] = ["containerPort"],
        ["volumes"] = ["name"],
        ["volumeMounts"] = ["name", "mountPath"],
    };

    /// <summary>The schema, made anew.</summary>
    public static JsonObject Template() => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject { ["metadata"] = Metadata(), ["spec"] = Of("spec", ModelSchemas.Of(typeof(V1PodSpec))) },
    };

    /// <summary>The schema of a claim template, made anew.</summary>
    public static JsonObject Claim() => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["apiVersion"] = new JsonObject { ["type"] = "string" },
            ["kind"] = new JsonObject { ["type"] = "string" },
            ["metadata"] = Metadata(),
            ["spec"] = Of("claim", ModelSchemas.Of(typeof(V1PersistentVolumeClaimSpec))),
            ["status"] = new JsonObject { ["type"] = "object", ["x-kubernetes-preserve-unknown-fields"] = true },
        },
    };

    private static JsonObject Metadata() => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["annotations"] = Texts(),
            ["finalizers"] = new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "string" } },
            ["labels"] = Texts(),
            ["name"] = new JsonObject { ["type"] = "string" },
            ["namespace"] = new JsonObject { ["type"] = "string" },
        },
    };

    private static JsonObject Texts() => new() { ["type"] = "object", ["additionalProperties"] = new JsonObject { ["type"] = "string" } };

    private static JsonObject Of(string field, StructuralSchema schema)
    {
        var result = new JsonObject();
        if (schema.IntOrString || schema.Format == "quantity")
        {
            result["x-kubernetes-int-or-string"] = true;
            if (schema.Format == "quantity") result["pattern"] = QuantityPattern;
            return result;
        }

        if (schema.PreserveUnknownFields)
        {
            result["type"] = "object";
            result["x-kubernetes-preserve-unknown-fields"] = true;
            return result;
        }

        result["type"] = schema.Type;
        if (schema.Format is { } format) result["format"] = format;
        if (schema.Default is { } value) result["default"] = value.DeepClone();
        if (schema.Properties.Count > 0) result["properties"] = new JsonObject(schema.Properties.Select(property => KeyValuePair.Create(property.Key, (JsonNode?)Of(property.Key, property.Value))));
        if (schema.Properties.Count > 0 && Required.TryGetValue(field, out var required)) result["required"] = Names(required.Where(schema.Properties.ContainsKey));
        if (schema.AdditionalProperties is { } entry) result["additionalProperties"] = Of("", entry);
        if (schema.AtomicMap) result["x-kubernetes-map-type"] = "atomic";
        if (schema.Items is not { } item) return result;
        var items = Of(field, item);
        result["items"] = items;
        if (schema.ListType == ListType.Set) result["x-kubernetes-list-type"] = "set";
        if (schema.ListType != ListType.Map) return result;
        result["x-kubernetes-list-type"] = "map";
        result["x-kubernetes-list-map-keys"] = Names(schema.ListMapKeys);
        // What items are told apart by must be there.
        var keys = schema.ListMapKeys.Where(key => item.Properties.GetValueOrDefault(key)?.Default is null);
        items["required"] = Names((items["required"] as JsonArray ?? []).Select(name => name!.GetValue<string>()).Union(keys));
        return result;
    }

    private static JsonArray Names(IEnumerable<string> names) => new([.. names.Select(name => (JsonNode)name)]);
}
