using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Nemotron.Lab.Storage;

namespace Nemotron.Lab.Api;

/// <summary>Writing answers: statuses, objects, lists, tables.</summary>
internal static class ResponseWriter
{
    private const int FlushAfterBytes = 64 * 1024;

    public static Task StatusAsync(HttpContext http, ApiException refusal)
    {
        if (refusal.RetryAfterSeconds is { } seconds) http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return JsonAsync(http, refusal.Code, refusal.ToStatus());
    }

    public static async Task JsonAsync(HttpContext http, int code, JsonNode body, string contentType = MediaTypes.Json)
    {
        byte[] bytes = StoredObject.Serialise(body);
        http.Response.StatusCode = code;
        http.Response.ContentType = contentType;
        http.Response.ContentLength = bytes.Length;
        await http.Response.BodyWriter.WriteAsync(bytes, http.RequestAborted);
    }

    public static async Task TextAsync(HttpContext http, int code, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        http.Response.StatusCode = code;
        http.Response.ContentType = "text/plain; charset=utf-8";
        http.Response.ContentLength = bytes.Length;
        http.Response.Headers["X-Content-Type-Options"] = "nosniff";
        await http.Response.BodyWriter.WriteAsync(bytes, http.RequestAborted);
    }

    /// <summary>One object in the shape asked for.</summary>
    public static Task ObjectAsync(HttpContext http, int code, ServedResource resource, JsonObject obj, Negotiated shape, DateTimeOffset now)
    {
        JsonNode body = shape.Shape switch
        {
            ResponseShape.Table => TableRenderer.Render(resource, [obj], TableMetadata(obj.ResourceVersion()), IncludeObject(http), now),
            ResponseShape.PartialMetadata => PartialMetadata.Of(obj),
            ResponseShape.PartialMetadataList => throw ApiErrors.NotAcceptable(),
            _ => obj,
        };
        return BodyAsync(http, code, body, shape);
    }

    public static Task BodyAsync(HttpContext http, int code, JsonNode body, Negotiated shape)
    {
        if (!shape.Yaml) return JsonAsync(http, code, body);
        byte[] yaml = Encoding.UTF8.GetBytes(YamlBody.Write(body));
        http.Response.StatusCode = code;
        http.Response.ContentType = shape.ContentType;
        return http.Response.BodyWriter.WriteAsync(yaml, http.RequestAborted).AsTask();
    }

    /// <summary>A list. Whole objects are copied from their stored bytes, never through a tree.</summary>
    public static async Task ListAsync(HttpContext http, ServedResource resource, ListPage page, Negotiated shape, DateTimeOffset now)
    {
        if (shape.Shape == ResponseShape.Object && !shape.Yaml && resource.View is null)
        {
            await StoredListAsync(http, resource, page);
            return;
        }
        var metadata = ListMetadata(page, resource.Custom && shape.Shape == ResponseShape.Object);
        var objects = page.Items.Select(resource.Show);
        JsonNode body = shape.Shape switch
        {
            ResponseShape.Table => TableRenderer.Render(resource, objects, metadata, IncludeObject(http), now),
            ResponseShape.Object => new JsonObject
            {
                ["kind"] = resource.ListKind,
                ["apiVersion"] = resource.ApiVersion,
                ["metadata"] = metadata,
                ["items"] = new JsonArray([.. objects.Select(o => o.DeepClone())]),
            },
            _ => new JsonObject
            {
                ["kind"] = "PartialObjectMetadataList",
                ["apiVersion"] = "meta.k8s.io/v1",
                ["metadata"] = metadata,
                ["items"] = new JsonArray([.. objects.Select(PartialMetadata.Of)]),
            },
        };
        await BodyAsync(http, 200, body, shape);
    }

    public static string IncludeObject(HttpContext http) => http.Request.Query["includeObject"].ToString();

    public static JsonObject TableMetadata(string? resourceVersion) => new() { ["resourceVersion"] = resourceVersion ?? "" };

    private static async Task StoredListAsync(HttpContext http, ServedResource resource, ListPage page)
    {
        http.Response.StatusCode = 200;
        http.Response.ContentType = MediaTypes.Json;
        var output = http.Response.BodyWriter;
        string metadata = Encoding.UTF8.GetString(StoredObject.Serialise(ListMetadata(page, resource.Custom)));
        Write($"{{\"kind\":{Quote(resource.ListKind)},\"apiVersion\":{Quote(resource.ApiVersion)},\"metadata\":{metadata},\"items\":[");
        // Items of built-in lists carry neither kind nor apiVersion, as from the real server.
        int skip = resource.Custom ? 0 : StoredForm.TypePrefixLength(resource);
        int unflushed = 0;
        for (int i = 0; i < page.Items.Count; i++)
        {
            if (i > 0) Write(",");
            var bytes = page.Items[i].Utf8;
            if (skip > 0)
            {
                Write("{");
                bytes = bytes[(1 + skip)..];
            }
            output.Write(bytes.Span);
            unflushed += bytes.Length;
            if (unflushed < FlushAfterBytes) continue;
            unflushed = 0;
            await output.FlushAsync(http.RequestAborted);
        }
        Write("]}\n");
        await output.FlushAsync(http.RequestAborted);

        void Write(string text) => Encoding.UTF8.GetBytes(text, output);
    }

    private static JsonObject ListMetadata(ListPage page, bool alwaysContinue)
    {
        var metadata = new JsonObject { ["resourceVersion"] = page.Revision.ToString(CultureInfo.InvariantCulture) };
        if (page.Continue is not null || alwaysContinue) metadata["continue"] = page.Continue ?? "";
        if (page.Remaining is { } remaining) metadata["remainingItemCount"] = remaining;
        return metadata;
    }

    private static string Quote(string text) => JsonSerializer.Serialize(text, Rendering.Compact);
}
