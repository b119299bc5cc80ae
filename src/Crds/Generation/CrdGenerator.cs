using System.Reflection;
using System.Text.Json.Nodes;
using Nemotron.Crds.Attributes;

namespace Nemotron.Crds.Generation;

/// <summary>Turns a resource type into its CustomResourceDefinition (<c>apiextensions.k8s.io/v1</c>).</summary>
public sealed class CrdGenerator
{
    private readonly SchemaBuilder schemas;

    /// <summary>A generator that takes descriptions from the given documentation.</summary>
    internal CrdGenerator(XmlDocumentation documentation) => schemas = new SchemaBuilder(documentation);

    /// <summary>A generator that takes descriptions from the documentation file beside this assembly.</summary>
    /// <exception cref="FileNotFoundException">The file is not there.</exception>
    public static CrdGenerator Create() => new(XmlDocumentation.Beside(typeof(CrdGenerator).Assembly));

    /// <summary>The CustomResourceDefinition of a kind.</summary>
    /// <param name="kind">One of <see cref="ApiKinds.All"/>, or another resource type with the same attributes.</param>
    /// <returns>The object as the API server takes it. Equal types give equal objects.</returns>
    /// <exception cref="ArgumentException">The type carries no KubernetesEntity attribute.</exception>
    /// <exception cref="NotSupportedException">The type has a member that no structural schema can describe.</exception>
    public JsonObject Generate(Type kind)
    {
        ArgumentNullException.ThrowIfNull(kind);
        var entity = ApiKinds.Entity(kind);
        var names = new JsonObject
        {
            ["kind"] = entity.Kind,
            ["listKind"] = entity.Kind + "List",
            ["plural"] = entity.PluralName,
            ["singular"] = entity.Kind.ToLowerInvariant(),
        };
        if (kind.GetCustomAttribute<KubernetesEntityShortNamesAttribute>() is { } shortNames)
            names["shortNames"] = Strings(shortNames.ShortNames);
        if (kind.GetCustomAttribute<KubernetesEntityCategoriesAttribute>() is { } categories)
            names["categories"] = Strings(categories.Categories);

        return new JsonObject
        {
            ["apiVersion"] = "apiextensions.k8s.io/v1",
            ["kind"] = "CustomResourceDefinition",
            ["metadata"] = new JsonObject { ["name"] = ApiKinds.CrdName(kind) },
            ["spec"] = new JsonObject
            {
                ["group"] = entity.Group,
                ["names"] = names,
                ["scope"] = (kind.GetCustomAttribute<EntityScopeAttribute>()?.Scope ?? default).ToString(),
                ["versions"] = new JsonArray(Version(kind, entity.ApiVersion)),
            },
        };
    }

    private JsonObject Version(Type kind, string name)
    {
        var version = new JsonObject
        {
            ["name"] = name,
            ["served"] = true,
            ["storage"] = kind.GetCustomAttribute<StorageVersionAttribute>() is not null,
        };
        var columns = kind.GetCustomAttributes<GenericAdditionalPrinterColumnAttribute>().Select(Column).ToArray<JsonNode>();
        if (columns.Length > 0)
            version["additionalPrinterColumns"] = new JsonArray(columns);
        version["schema"] = new JsonObject { ["openAPIV3Schema"] = RootSchema(kind) };
        version["subresources"] = Subresources(kind);
        return version;
    }

    private JsonObject RootSchema(Type kind)
    {
        var schema = schemas.Build(kind);
        var fields = schema["properties"]!.AsObject();
        fields["apiVersion"] = SchemaShape.Bare(new JsonObject { ["type"] = "string" });
        fields["kind"] = SchemaShape.Bare(new JsonObject { ["type"] = "string" });
        fields["metadata"] = new JsonObject { ["type"] = "object" };
        return schema;
    }

    private static JsonObject Subresources(Type kind)
    {
        var subresources = new JsonObject { ["status"] = new JsonObject() };
        if (kind.GetCustomAttribute<ScaleSubresourceAttribute>() is { } attribute)
        {
            var scale = new JsonObject
            {
                ["specReplicasPath"] = attribute.SpecReplicasPath,
                ["statusReplicasPath"] = attribute.StatusReplicasPath,
            };
            if (attribute.LabelSelectorPath is not null)
                scale["labelSelectorPath"] = attribute.LabelSelectorPath;
            subresources["scale"] = scale;
        }

        return subresources;
    }

    private static JsonObject Column(GenericAdditionalPrinterColumnAttribute attribute)
    {
        var column = new JsonObject { ["name"] = attribute.Name, ["type"] = attribute.Type, ["jsonPath"] = attribute.JsonPath };
        if (attribute.Description is not null)
            column["description"] = attribute.Description;
        if (attribute.Priority != PrinterColumnPriority.StandardView)
            column["priority"] = (int)attribute.Priority;
        return column;
    }

    private static JsonArray Strings(IEnumerable<string> values) => new([.. values.Select(v => (JsonNode)v)]);
}
