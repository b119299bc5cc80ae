using System.Globalization;
using System.Net;
using System.Text;
using Nemotron.Gateway.Draining;
using Nemotron.Gateway.Forwarding;
using Nemotron.Gateway.Observing;

namespace Nemotron.Gateway.Hosting;

/// <summary>The admin port: metrics, probes, the settings' mark and the drain.</summary>
internal sealed class AdminEndpoints(GatewayState state, ActiveRequests requests, Drain drain, UpstreamWatch upstream, GatewayMetrics metrics)
{
    /// <summary>Path of the drain.</summary>
    public const string DrainPath = "/drain";

    /// <summary>Answers.</summary>
    public Task HandleAsync(HttpContext context) => (context.Request.Method, PathOf(context)) switch
    {
        ("GET", "/metrics") => MetricsAsync(context),
        ("GET", "/healthz") => WriteAsync(context, StatusCodes.Status200OK, "ok"),
        ("GET", "/readyz") => ReadyAsync(context),
        ("GET", "/settings") => SettingsAsync(context),
        // Only waits: whoever may look may wait. The engine's preStop hook does, since it must outlive what the gateway has in flight.
        ("GET", DrainPath) => context.Request.Query["wait"] == "true" ? DrainedAsync(context) : StateAsync(context),
        ("POST" or "DELETE", DrainPath) => DrainAsync(context),
        _ => WriteAsync(context, StatusCodes.Status404NotFound, "There are /metrics, /healthz, /readyz, /settings and /drain."),
    };

    // Kubelets before 1.27 put a slash of their own before the path of a preStop hook.
    private static string PathOf(HttpContext context) => "/" + context.Request.Path.Value?.TrimStart('/');

    private async Task MetricsAsync(HttpContext context)
    {
        context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        await metrics.Registry.CollectAndExportAsTextAsync(context.Response.Body, context.RequestAborted);
    }

    private Task ReadyAsync(HttpContext context) =>
        drain.IsOn ? WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "draining")
        // It is before an engine that may not be there that holding is for.
        : upstream.IsReady || state.Current.Settings.Front is not null ? WriteAsync(context, StatusCodes.Status200OK, "ready")
        : WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "the engine is not ready");

    private async Task DrainAsync(HttpContext context)
    {
        if (context.Connection.RemoteIpAddress is not { } from || !IPAddress.IsLoopback(from))
        {
            if (state.Current.AdminKeys is not { } keys)
            {
                await WriteAsync(context, StatusCodes.Status403Forbidden, "Only this pod may, as long as access.adminKeysFile names no keys.");
                return;
            }

            if (!keys.Opens(context.Request.Headers.Authorization))
            {
                await WriteAsync(context, StatusCodes.Status401Unauthorized, "A key of access.adminKeysFile is required: Authorization: Bearer <key>.");
                return;
            }
        }

        if (HttpMethods.IsDelete(context.Request.Method)) drain.TakeBack();
        else if (context.Request.Query["wait"] == "true") await drain.CompleteAsync(context.RequestAborted);
        else drain.Begin();
        await StateAsync(context);
    }

    private async Task DrainedAsync(HttpContext context)
    {
        await drain.WhenCompletedAsync(context.RequestAborted);
        await StateAsync(context);
    }

    private Task SettingsAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        var revision = state.Current.Settings.Revision;
        return context.Response.WriteAsync(
            $"{{\"revision\":{(revision is null ? "null" : $"\"{System.Text.Json.JsonEncodedText.Encode(revision)}\"")}}}\n", context.RequestAborted);
    }

    private Task StateAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(
            string.Create(CultureInfo.InvariantCulture, $"{{\"draining\":{(drain.IsOn ? "true" : "false")},\"inFlight\":{requests.Count}}}\n"), context.RequestAborted);
    }

    private static Task WriteAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text + "\n"), context.RequestAborted).AsTask();
    }
}
