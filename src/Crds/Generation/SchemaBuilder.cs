using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using k8s.Models;
using Nemotron.Crds.Attributes;

namespace Nemotron.Crds.Generation;

/// <summary>
/// Turns a C# type into a structural OpenAPI v3 schema. The framework's <see cref="JsonSchemaExporter"/> walks the type as the serialiser sees it
/// (names, required members, collections); this class puts into OpenAPI's and Kubernetes' terms what JSON Schema says otherwise, and adds descriptions and attributes.
/// </summary>
/// <param name="documentation">Where descriptions come from.</param>
internal sealed class SchemaBuilder(XmlDocumentation documentation)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { RequireMarkedMembers } },
    };

    /// <summary>The schema of a type.</summary>
    /// <param name="type">A record, class or collection of the API.</param>
    /// <exception cref="NotSupportedException">The type has a member that no structural schema can describe.</exception>
    internal JsonObject Build(Type type) => SchemaKeyOrder.Arrange(Export(type, []));

    private JsonObject Export(Type type, ImmutableList<Type> within)
    {
        if (within.Contains(type))
            throw new NotSupportedException($"{type} contains itself, which no structural schema can describe");
        var below = within.Add(type);
        return Options.GetJsonSchemaAsNode(type, new JsonSchemaExporterOptions
        {
            TreatNullObliviousAsNonNullable = true,
            TransformSchemaNode = (context, exported) => Transform(context, exported, below),
        }).AsObject();
    }

    private static void RequireMarkedMembers(JsonTypeInfo type)
    {
        foreach (var member in type.Properties)
            member.IsRequired |= Attribute<RequiredAttribute>(member.AttributeProvider) is not null;
    }

    private JsonObject Transform(JsonSchemaExporterContext context, JsonNode exported, ImmutableList<Type> within)
    {
        var type = Nullable.GetUnderlyingType(context.TypeInfo.Type) ?? context.TypeInfo.Type;
        var member = context.PropertyInfo?.AttributeProvider as PropertyInfo;
        if (IsKubernetesInner(member?.DeclaringType))
            return new JsonObject(); // Thrown away: the type around it has its own schema.

        // The exporter refers back to a type that it met before; OpenAPI in a CRD knows no references.
        var repeated = KubernetesTypeSchemas.Find(type) is null && exported is JsonObject reference && reference.ContainsKey("$ref");
        var node = repeated ? Export(type, within) : ScalarOrKubernetesType(type) ?? Composite(type, exported);
        if (!repeated)
            SchemaAttributes.ApplyRules(node, type);
        if (Describe(type, member) is { } description)
            node["description"] = description;
        if (member is not null)
            SchemaAttributes.Apply(node, member);
        return node;
    }

    private static JsonObject? ScalarOrKubernetesType(Type type)
    {
        if (KubernetesTypeSchemas.Find(type) is { } known)
            return known;
        if (type.IsEnum)
            return new() { ["type"] = "string", ["enum"] = new JsonArray([.. Enum.GetNames(type).Select(n => (JsonNode)n)]) };
        if (type == typeof(string))
            return new() { ["type"] = "string" };
        if (type == typeof(bool))
            return new() { ["type"] = "boolean" };
        if (type == typeof(int))
            return new() { ["type"] = "integer", ["format"] = "int32" };
        if (type == typeof(long))
            return new() { ["type"] = "integer", ["format"] = "int64" };
        if (type == typeof(double))
            return new() { ["type"] = "number", ["format"] = "double" };
        if (type == typeof(DateTime))
            return new() { ["type"] = "string", ["format"] = "date-time" };
        if (type == typeof(Duration))
            return new() { ["type"] = "string", ["format"] = "duration", ["maxLength"] = 32, ["pattern"] = Patterns.Duration };
        if (type == typeof(ResourceQuantity))
            return new() { ["x-kubernetes-int-or-string"] = true, ["pattern"] = Patterns.Quantity };
        if (type == typeof(IntOrString))
            return new() { ["x-kubernetes-int-or-string"] = true };
        if (type == typeof(V1ObjectMeta))
            return new() { ["type"] = "object" };
        return null;
    }

    private static JsonObject Composite(Type type, JsonNode exported)
    {
        if (exported is JsonObject source)
        {
            if (source["items"] is { } items)
                return new() { ["type"] = "array", ["items"] = items.DeepClone(), ["x-kubernetes-list-type"] = "atomic" };
            if (source["properties"] is { } properties)
            {
                var node = new JsonObject { ["type"] = "object", ["properties"] = properties.DeepClone() };
                if (source["required"] is { } required)
                    node["required"] = required.DeepClone();
                return node;
            }

            if (source["additionalProperties"] is JsonObject values)
                return new() { ["type"] = "object", ["additionalProperties"] = values.DeepClone() };
        }

        // Inside Kubernetes' own types anything may stand, since their schemas are written by hand.
        return IsKubernetesInner(type) || IsKubernetesInner(type.GenericTypeArguments.LastOrDefault())
            ? new JsonObject()
            : throw new NotSupportedException($"{type} has no structural schema: {exported.ToJsonString()}");
    }

    private static bool IsKubernetesInner(Type? type) => type?.Namespace == typeof(V1Pod).Namespace;

    private string? Describe(Type type, PropertyInfo? member)
    {
        var ofType = type.Assembly == typeof(SchemaBuilder).Assembly ? documentation.Of(type) : null;
        if (member is null)
            return ofType;
        // The fields of the common base say less than the types that fill them.
        return member.DeclaringType is { IsGenericType: true } && ofType is not null ? ofType : documentation.Of(member) ?? ofType;
    }

    private static T? Attribute<T>(ICustomAttributeProvider? provider)
        where T : Attribute =>
        (provider as MemberInfo)?.GetCustomAttribute<T>();
}
