using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Nemotron.Lab.Api.OpenApi;

/// <summary>The OpenAPI documents: enough of v2 for clients to be content, and v3 for kubectl's checks and <c>explain</c>.</summary>
internal sealed class OpenApiDocuments(ResourceCatalog catalog)
{
    /// <summary>A protobuf document whose one field says <c>swagger: "2.0"</c>.</summary>
    private static readonly byte[] EmptyV2 = [0x0A, 0x03, (byte)'2', (byte)'.', (byte)'0'];

    public static async Task WriteV2Async(HttpContext http)
    {
        http.Response.StatusCode = 200;
        http.Response.ContentType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
        http.Response.ContentLength = EmptyV2.Length;
        await http.Response.BodyWriter.WriteAsync(EmptyV2, http.RequestAborted);
    }

    /// <summary>The list of v3 documents.</summary>
    public JsonObject Index()
    {
        var paths = new JsonObject();
        foreach (var (group, versions) in catalog.Groups)
        {
            foreach (string version in versions)
            {
                string path = group.Length == 0 ? $"api/{version}" : $"apis/{group}/{version}";
                paths[path] = new JsonObject { ["serverRelativeURL"] = $"/openapi/v3/{path}" };
            }
        }
        return new JsonObject { ["paths"] = paths };
    }

    /// <summary>The document of a group version, such as <c>apis/apps/v1</c>, or null when it is not served.</summary>
    public JsonObject? ForPath(string path)
    {
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var (group, version) = parts switch
        {
            ["api", var v] => ("", v),
            ["apis", var g, var v] => (g, v),
            _ => ("", ""),
        };
        var resources = catalog.All.Where(r => r.Gvr.Group == group && r.Gvr.Version == version).ToArray();
        return resources.Length == 0 ? null : OpenApiV3.Document(resources);
    }
}
