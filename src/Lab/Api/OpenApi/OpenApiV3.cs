using System.Text.Json.Nodes;

namespace Nemotron.Lab.Api.OpenApi;

/// <summary>An OpenAPI v3 document of one group version.</summary>
internal static class OpenApiV3
{
    public static JsonObject Document(IReadOnlyList<ServedResource> resources)
    {
        var paths = new JsonObject();
        var schemas = new JsonObject();
        foreach (var resource in resources)
        {
            new OpenApiOperations(resource).AddTo(paths);
            schemas[OpenApiNames.Schema(resource, resource.Kind)] = OpenApiSchemas.Of(resource);
            schemas[OpenApiNames.Schema(resource, resource.ListKind)] = OpenApiSchemas.ListOf(resource);
        }
        if (resources.Any(r => r.Scale is not null)) OpenApiSchemas.AddScale(schemas);
        OpenApiSchemas.AddMeta(schemas);
        bool custom = resources[0].Custom;
        return new JsonObject
        {
            ["openapi"] = "3.0.0",
            ["info"] = new JsonObject { ["title"] = custom ? "Kubernetes CRD Swagger" : "Kubernetes", ["version"] = custom ? "v0.1.0" : "unversioned" },
            ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = schemas },
        };
    }
}
