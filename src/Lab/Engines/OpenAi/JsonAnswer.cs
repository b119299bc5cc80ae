using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Nemotron.Lab.Engines;

/// <summary>Writes answers over HTTP as the Python servers do.</summary>
internal static class JsonAnswer
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>JSON as text, with angle brackets left as they are.</summary>
    public static string Text(JsonNode json) => json.ToJsonString(Plain);

    /// <summary>Answers with JSON.</summary>
    public static Task JsonAsync(HttpContext http, int status, JsonNode json)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync(Text(json), http.RequestAborted);
    }

    /// <summary>Answers with text.</summary>
    public static Task TextAsync(HttpContext http, int status, string text, string type = "text/plain; charset=utf-8")
    {
        http.Response.StatusCode = status;
        if (text.Length == 0)
        {
            http.Response.ContentLength = 0;
            return Task.CompletedTask;
        }

        http.Response.ContentType = type;
        return http.Response.WriteAsync(text, http.RequestAborted);
    }

    /// <summary>Answers a scrape: 404 where there is none, broken off in the middle where that is asked for.</summary>
    public static async Task ScrapeAsync(HttpContext http, string? metrics, bool breakOff)
    {
        if (metrics is null)
        {
            await JsonAsync(http, 404, new JsonObject { ["detail"] = "Not Found" });
            return;
        }

        http.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        if (!breakOff)
        {
            await http.Response.WriteAsync(metrics, http.RequestAborted);
            return;
        }

        http.Response.ContentLength = System.Text.Encoding.UTF8.GetByteCount(metrics);
        await http.Response.WriteAsync(metrics[..(metrics.Length / 2)], http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
        http.Abort();
    }

    /// <summary>Reads a body that is one JSON object.</summary>
    /// <exception cref="RequestRefusedException">It is none.</exception>
    public static async Task<JsonObject> ReadAsync(HttpContext http)
    {
        try
        {
            return await JsonNode.ParseAsync(http.Request.Body, cancellationToken: http.RequestAborted) as JsonObject
                ?? throw new RequestRefusedException(400, "The body is not a JSON object");
        }
        catch (JsonException bad)
        {
            throw new RequestRefusedException(400, $"There was an error parsing the body: {bad.Message}");
        }
    }
}
