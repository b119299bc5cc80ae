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
            string root = resource.Gvr.Group.Length == 0 ? $"/api/{resource.Gvr.Version}" : $"/apis/{resource.Gvr.Group}/{resource.Gvr.Version}";
            string collection = resource.Namespaced ? $"{root}/namespaces/{{namespace}}/{resource.Gvr.Plural}" : $"{root}/{resource.Gvr.Plural}";
            paths[$"{collection}/{{name}}"] = new JsonObject { ["get"] = Operation(resource, "get"), ["patch"] = Operation(resource, "patch") };
        }
        return new JsonObject
        {
            ["openapi"] = "3.0.0",
            ["info"] = new JsonObject { ["title"] = "Nemotron Lab", ["version"] = "v0.1.0" },
            ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = schemas },
        };
    }

    private static JsonObject Operation(ServedResource resource, string verb) => new()
    {
        ["parameters"] = new JsonArray(new JsonObject { ["name"] = "fieldValidation", ["in"] = "query", ["schema"] = new JsonObject { ["type"] = "string" } }),
        ["x-kubernetes-action"] = verb,
        ["x-kubernetes-group-version-kind"] = new JsonObject { ["group"] = resource.Gvr.Group, ["version"] = resource.Gvr.Version, ["kind"] = resource.Kind },
        ["responses"] = new JsonObject { ["200"] = new JsonObject { ["description"] = "OK" } },
    };
}
