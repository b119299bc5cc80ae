using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json.Serialization;
using k8s;
using k8s.Models;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Kinds;

/// <summary>
/// Schemas of the built-in kinds, read from KubernetesClient's model types by reflection and completed from <see cref="MergeRules"/> and
/// <see cref="PresentFields"/>. Built once per type, on first use.
/// </summary>
internal static class ModelSchemas
{
    private static readonly ConcurrentDictionary<Type, StructuralSchema> Built = new();

    /// <summary>The schema of a model type.</summary>
    public static StructuralSchema Of(Type model) => Built.TryGetValue(model, out var schema) ? schema : Built.GetOrAdd(model, Build(model));

    private static StructuralSchema Build(Type model)
    {
        // A JSON schema inside a CRD nests without end and lies in an atomic list: nothing below it is merged or owned.
        if (model == typeof(V1JSONSchemaProps)) return new StructuralSchema { Type = "object", PreserveUnknownFields = true };

        var isKind = typeof(IKubernetesObject).IsAssignableFrom(model) ;
        var properties = new Dictionary<string, StructuralSchema>(StringComparer.Ordinal);
        foreach (var property in model.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name is not { } name) continue;
            properties[name] = Complete(model.Name, isKind, name, OfType(property.PropertyType));
        }
        return new StructuralSchema { Type = "object", Properties = properties, AtomicMap = MergeRules.IsAtomicType(model.Name) };
    }

    private static StructuralSchema Complete(string model, bool isKind, string field, StructuralSchema schema)
    {
        var isContainer = schema.Type == "array" || schema.AdditionalProperties is not null;
        var present = PresentFields.IsAlwaysPresent(model, isKind, field);
        schema = schema with
        {
            AlwaysPresent = present,
            Nullable = PresentFields.IsNullWhenAbsent(model, field),
            OmitsZero = !present && (isContainer || (schema.Type is not "object" and not null
                && PresentFields.OmitsZeroScalar(model, field, isString: schema.Type == "string" && schema.Format is null))),
        };
        if (field == "protocol" && model is "V1ContainerPort" or "V1ServicePort") schema = schema with { Default = "TCP" };
        if (MergeRules.Of(model, field) is not { } rule) return schema;
        return schema with
        {
            ListType = rule.ListMapKeys.Count > 0 ? ListType.Map : rule.IsSet ? ListType.Set : ListType.Atomic,
            ListMapKeys = rule.ListMapKeys,
            AtomicMap = rule.IsAtomic || (schema.AtomicMap && !rule.IsGranular),
            PatchMergeKey = rule.PatchMergeKey,
            PatchMergePrimitive = rule.PatchMergesScalars,
            PatchRetainKeys = rule.PatchRetainsKeys,
        };
    }

    private static StructuralSchema OfType(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string)) return new StructuralSchema { Type = "string" };
        if (type == typeof(int)) return new StructuralSchema { Type = "integer", Format = "int32" };
        if (type == typeof(long)) return new StructuralSchema { Type = "integer", Format = "int64" };
        if (type == typeof(double)) return new StructuralSchema { Type = "number", Format = "double" };
        if (type == typeof(bool)) return new StructuralSchema { Type = "boolean" };
        if (type == typeof(DateTime)) return new StructuralSchema { Type = "string", Format = "date-time" };
        if (type == typeof(byte[])) return new StructuralSchema { Type = "string", Format = "byte" };
        if (type == typeof(ResourceQuantity)) return new StructuralSchema { Type = "string", Format = "quantity" };
        if (type == typeof(IntOrString)) return new StructuralSchema { IntOrString = true };
        if (type == typeof(object)) return new StructuralSchema { PreserveUnknownFields = true };
        if (type.IsGenericType)
        {
            var arguments = type.GetGenericArguments();
            return arguments.Length == 2
                ? new StructuralSchema { Type = "object", AdditionalProperties = OfType(arguments[1]) }
                : new StructuralSchema { Type = "array", Items = OfType(arguments[0]) };
        }
        return Of(type);
    }
}
