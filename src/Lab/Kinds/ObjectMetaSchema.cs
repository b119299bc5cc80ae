using System.Runtime.CompilerServices;
using k8s.Models;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Kinds;

/// <summary>The schema of <c>metadata</c>, which all kinds share, custom resources included.</summary>
internal static class ObjectMetaSchema
{
    private static readonly ConditionalWeakTable<StructuralSchema, StructuralSchema> Completed = [];

    private static readonly StructuralSchema Text = new() { Type = "string" };

    /// <summary>ObjectMeta: labels, annotations, owner references by uid, finalizers as a set.</summary>
    public static StructuralSchema Schema { get; } = ModelSchemas.Of(typeof(V1ObjectMeta));

    /// <summary>
    /// The schema with <c>apiVersion</c>, <c>kind</c> and the full <c>metadata</c> among its properties. A CRD's schema need not name them,
    /// and may at most constrain <c>metadata.name</c>; built-in kinds come back as they are.
    /// </summary>
    public static StructuralSchema WithMetadata(StructuralSchema schema)
    {
        if (schema.Properties.TryGetValue("metadata", out var metadata) && metadata.Properties.ContainsKey("ownerReferences")) return schema;
        return Completed.GetValue(schema, Complete);
    }

    private static StructuralSchema Complete(StructuralSchema schema)
    {
        var properties = new Dictionary<string, StructuralSchema>(schema.Properties, StringComparer.Ordinal)
        {
            ["apiVersion"] = Text,
            ["kind"] = Text,
            ["metadata"] = Schema,
        };
        var isOpen = schema.PreserveUnknownFields || (schema.Properties.Count == 0 && schema.AdditionalProperties is null);
        return schema with { Type = "object", Properties = properties, PreserveUnknownFields = isOpen };
    }
}
