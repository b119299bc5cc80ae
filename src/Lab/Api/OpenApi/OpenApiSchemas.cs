using System.Text.Json.Nodes;
using k8s.Models;
using Nemotron.Lab.Kinds;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Api.OpenApi;

/// <summary>The schemas of a document: from a CRD's own text, or from the reflected models of built-in kinds.</summary>
internal static class OpenApiSchemas
{
    private const string ApiVersionText =
        "APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources";

    private const string KindText =
        "Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds";

    private const string MetadataText =
        "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

    private static readonly (string Name, Type Model)[] MetaModels =
    [
        ("DeleteOptions", typeof(V1DeleteOptions)), ("ListMeta", typeof(V1ListMeta)), ("ManagedFieldsEntry", typeof(V1ManagedFieldsEntry)),
        ("ObjectMeta", typeof(V1ObjectMeta)), ("OwnerReference", typeof(V1OwnerReference)), ("Preconditions", typeof(V1Preconditions)),
        ("Status", typeof(V1Status)), ("StatusCause", typeof(V1StatusCause)), ("StatusDetails", typeof(V1StatusDetails)),
    ];

    /// <summary>The object's own schema, metadata referred to.</summary>
    public static JsonObject Of(ServedResource resource)
    {
        var schema = resource.SourceSchema is { } source ? Published(source) : resource.Custom ? new JsonObject { ["type"] = "object", ["x-kubernetes-preserve-unknown-fields"] = true } : From(resource.Schema);
        var declared = schema["properties"] as JsonObject ?? [];
        schema.Remove("properties");
        var properties = new JsonObject
        {
            ["apiVersion"] = new JsonObject { ["description"] = ApiVersionText, ["type"] = "string" },
            ["kind"] = new JsonObject { ["description"] = KindText, ["type"] = "string" },
            ["metadata"] = Metadata("ObjectMeta", MetadataText),
        };
        foreach (var (name, property) in declared)
        {
            if (!properties.ContainsKey(name)) properties[name] = property?.DeepClone();
        }
        schema["properties"] = properties;
        schema["x-kubernetes-group-version-kind"] = new JsonArray(Gvk(resource, resource.Kind));
        if (resource is { Custom: true, SelectableFields.Count: > 0 })
            schema["x-kubernetes-selectable-fields"] = new JsonArray([.. resource.SelectableFields.Select(f => (JsonNode)new JsonObject { ["fieldPath"] = f })]);
        return schema;
    }

    /// <summary>The list's schema.</summary>
    public static JsonObject ListOf(ServedResource resource) => new()
    {
        ["description"] = $"{resource.ListKind} is a list of {resource.Kind}",
        ["type"] = "object",
        ["required"] = new JsonArray("items"),
        ["properties"] = new JsonObject
        {
            ["apiVersion"] = new JsonObject { ["description"] = ApiVersionText, ["type"] = "string" },
            ["items"] = new JsonObject
            {
                ["description"] = $"List of {resource.Gvr.Plural}. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md",
                ["type"] = "array",
                ["items"] = new JsonObject { ["$ref"] = OpenApiNames.Reference(OpenApiNames.Schema(resource, resource.Kind)) },
            },
            ["kind"] = new JsonObject { ["description"] = KindText, ["type"] = "string" },
            ["metadata"] = Metadata("ListMeta", "Standard list metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds"),
        },
        ["x-kubernetes-group-version-kind"] = new JsonArray(Gvk(resource, resource.ListKind)),
    };

    /// <summary>Adds the types of <c>meta/v1</c> that others refer to.</summary>
    public static void AddMeta(JsonObject schemas)
    {
        foreach (var (name, model) in MetaModels) schemas[OpenApiNames.MetaSchema(name)] = From(ModelSchemas.Of(model));
        schemas[OpenApiNames.MetaSchema("FieldsV1")] = new JsonObject { ["type"] = "object" };
        schemas[OpenApiNames.MetaSchema("Patch")] = new JsonObject { ["type"] = "object" };
        schemas[OpenApiNames.MetaSchema("Time")] = new JsonObject { ["type"] = "string", ["format"] = "date-time" };
        schemas[OpenApiNames.MetaSchema("ShardInfo")] = new JsonObject
        {
            ["type"] = "object",
            ["required"] = new JsonArray("selector"),
            ["properties"] = new JsonObject { ["selector"] = new JsonObject { ["type"] = "string" } },
        };
    }

    /// <summary>Adds <c>autoscaling/v1 Scale</c> and its parts.</summary>
    public static void AddScale(JsonObject schemas)
    {
        const string prefix = "io.k8s.api.autoscaling.v1.";
        var scale = From(ModelSchemas.Of(typeof(V1Scale)));
        var properties = (JsonObject)scale["properties"]!;
        properties["metadata"] = Metadata("ObjectMeta", MetadataText);
        foreach (string part in (string[])["spec", "status"])
        {
            string name = $"{prefix}Scale{OpenApiNames.Capital(part)}";
            var schema = properties[part]!;
            properties.Remove(part);
            schemas[name] = schema;
            properties[part] = new JsonObject { ["$ref"] = OpenApiNames.Reference(name) };
        }
        scale["x-kubernetes-group-version-kind"] = new JsonArray(new JsonObject { ["group"] = "autoscaling", ["kind"] = "Scale", ["version"] = "v1" });
        schemas[$"{prefix}Scale"] = scale;
    }

    public static JsonObject Gvk(ServedResource resource, string kind) =>
        new() { ["group"] = resource.Gvr.Group, ["kind"] = kind, ["version"] = resource.Gvr.Version };

    private static JsonObject Metadata(string type, string description) => new()
    {
        ["description"] = description,
        ["allOf"] = new JsonArray(new JsonObject { ["$ref"] = OpenApiNames.Reference(OpenApiNames.MetaSchema(type)) }),
    };

    /// <summary>A CRD's schema as it is published: what stands for any of two types is spelled out.</summary>
    private static JsonObject Published(JsonObject source)
    {
        var copy = new JsonObject();
        foreach (var (key, value) in source) copy[key] = PublishedPart(key, value);
        if (source["x-kubernetes-int-or-string"]?.GetValueKind() == System.Text.Json.JsonValueKind.True && !copy.ContainsKey("anyOf"))
            copy["anyOf"] = new JsonArray(new JsonObject { ["type"] = "integer" }, new JsonObject { ["type"] = "string" });
        return copy;
    }

    private static JsonNode? PublishedPart(string key, JsonNode? value) => (key, value) switch
    {
        ("properties", JsonObject properties) => new JsonObject(properties.Select(p => KeyValuePair.Create(p.Key, p.Value is JsonObject schema ? Published(schema) : p.Value?.DeepClone()))),
        ("items" or "additionalProperties" or "not", JsonObject schema) => Published(schema),
        ("allOf" or "anyOf" or "oneOf", JsonArray schemas) => new JsonArray([.. schemas.Select(s => s is JsonObject schema ? Published(schema) : s?.DeepClone())]),
        _ => value?.DeepClone(),
    };

    private static JsonObject From(StructuralSchema schema)
    {
        var result = new JsonObject();
        if (schema.Description is { } text) result["description"] = text;
        if (schema.Type is { } type && !schema.IntOrString) result["type"] = type;
        if (schema.Format is { } format) result["format"] = format;
        if (schema.IntOrString) result["oneOf"] = new JsonArray(new JsonObject { ["type"] = "integer" }, new JsonObject { ["type"] = "string" });
        if (schema.Required.Count > 0) result["required"] = new JsonArray([.. schema.Required.Select(r => (JsonNode)r)]);
        if (schema.Enum.Count > 0) result["enum"] = new JsonArray([.. schema.Enum.Select(e => e?.DeepClone())]);
        if (schema.Properties.Count > 0) result["properties"] = new JsonObject(schema.Properties.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)From(p.Value))));
        if (schema.AdditionalProperties is { } values) result["additionalProperties"] = From(values);
        if (schema.Items is { } items) result["items"] = From(items);
        if (schema.PreserveUnknownFields) result["x-kubernetes-preserve-unknown-fields"] = true;
        if (schema.ListType == ListType.Map)
        {
            result["x-kubernetes-list-type"] = "map";
            result["x-kubernetes-list-map-keys"] = new JsonArray([.. schema.ListMapKeys.Select(k => (JsonNode)k)]);
        }
        if (schema.ListType == ListType.Set) result["x-kubernetes-list-type"] = "set";
        return result;
    }
}
