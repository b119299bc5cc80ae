using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Nemotron.Lab.Storage;

namespace Nemotron.Lab.Api.OpenApi;

/// <summary>The OpenAPI documents: enough of v2 for clients to be content, and v3 for kubectl's checks and <c>explain</c>.</summary>
internal sealed class OpenApiDocuments(ResourceCatalog catalog)
{
    /// <summary>A protobuf document whose one field says <c>swagger: "2.0"</c>.</summary>
    private static readonly byte[] EmptyV2 = [0x0A, 0x03, (byte)'2', (byte)'.', (byte)'0'];

    private readonly ConcurrentDictionary<string, (int Fingerprint, byte[] Json)> cache = new(StringComparer.Ordinal);

    public static async Task WriteV2Async(HttpContext http)
    {
        http.Response.StatusCode = 200;
        http.Response.ContentType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
        http.Response.ContentLength = EmptyV2.Length;
        await http.Response.BodyWriter.WriteAsync(EmptyV2, http.RequestAborted);
    }

    /// <summary>The list of v3 documents; the hash in each address changes with its document, so clients may keep what they have.</summary>
    public JsonObject Index()
    {
        var paths = new JsonObject();
        foreach (var (group, versions) in catalog.Groups)
        {
            foreach (string version in versions)
            {
                string path = group.Length == 0 ? $"api/{version}" : $"apis/{group}/{version}";
                string hash = ((uint)Fingerprint(Resources(group, version))).ToString("X8", CultureInfo.InvariantCulture);
                paths[path] = new JsonObject { ["serverRelativeURL"] = $"/openapi/v3/{path}?hash={hash}" };
            }
        }
        return new JsonObject { ["paths"] = paths };
    }

    /// <summary>Writes the document of a group version, such as <c>apis/apps/v1</c>; false when it is not served.</summary>
    public async Task<bool> TryWriteAsync(HttpContext http, string path)
    {
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var (group, version) = parts switch
        {
            ["api", var v] => ("", v),
            ["apis", var g, var v] => (g, v),
            _ => ("", ""),
        };
        var resources = Resources(group, version);
        if (resources.Length == 0) return false;
        int fingerprint = Fingerprint(resources);
        if (!cache.TryGetValue(path, out var cached) || cached.Fingerprint != fingerprint)
        {
            cached = (fingerprint, StoredObject.Serialise(OpenApiV3.Document(resources)));
            cache[path] = cached;
        }
        http.Response.StatusCode = 200;
        http.Response.ContentType = MediaTypes.Json;
        http.Response.ContentLength = cached.Json.Length;
        if (http.Request.Query.ContainsKey("hash")) http.Response.Headers.CacheControl = "public, immutable";
        await http.Response.BodyWriter.WriteAsync(cached.Json, http.RequestAborted);
        return true;
    }

    private ServedResource[] Resources(string group, string version) =>
        [.. catalog.All.Where(r => r.Gvr.Group == group && r.Gvr.Version == version)];

    /// <summary>Differs when a definition of the group was written anew; built-in groups keep theirs.</summary>
    private static int Fingerprint(ServedResource[] resources)
    {
        int fingerprint = 17;
        foreach (var resource in resources)
        {
            int schema = resource.SourceSchema is { } source ? RuntimeHelpers.GetHashCode(source) : 0;
            fingerprint = unchecked((fingerprint * 31) + Text(resource.Gvr.Plural) + schema);
        }
        return fingerprint;
    }

    private static int Text(string text)
    {
        int hash = 0;
        foreach (char c in text) hash = unchecked((hash * 31) + c);
        return hash;
    }
}
