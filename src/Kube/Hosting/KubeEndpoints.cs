using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Prometheus;

namespace Nemotron.Kube;

/// <summary>The endpoints that Kubernetes and Prometheus ask.</summary>
public static class KubeEndpoints
{
    /// <summary>
    /// Maps <c>/healthz</c> and <c>/readyz</c> (also one check alone, as <c>/readyz/cache-pods</c>; with <c>?verbose</c> and <c>?exclude=name</c>; answers as the API server's own)
    /// and <c>/metrics</c>. They answer on every replica, leading or not.
    /// </summary>
    /// <param name="endpoints">Where to map them.</param>
    public static void MapKubeEndpoints(this IEndpointRouteBuilder endpoints)
    {
        MapChecks(endpoints, "healthz", readiness: false);
        MapChecks(endpoints, "readyz", readiness: true);
        var registry = endpoints.ServiceProvider.GetRequiredService<CollectorRegistry>();
        endpoints.MapGet("/metrics", async (HttpContext context) =>
        {
            context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
            await registry.CollectAndExportAsTextAsync(context.Response.Body, context.RequestAborted);
        });
    }

    private static void MapChecks(IEndpointRouteBuilder endpoints, string name, bool readiness)
    {
        var host = endpoints.ServiceProvider.GetRequiredService<OperatorHost>();
        endpoints.MapGet($"/{name}", async (HttpContext context) =>
        {
            var query = context.Request.Query;
            var excluded = query["exclude"].OfType<string>().ToArray();
            var (healthy, text) = CheckReport.Of(name, host.Checks.Where(c => c.IsReadiness == readiness), query.ContainsKey("verbose"), excluded);
            await AnswerAsync(context, healthy ? StatusCodes.Status200OK : StatusCodes.Status500InternalServerError, text);
        });
        endpoints.MapGet($"/{name}/{{check}}", async (HttpContext context, string check) =>
        {
            var one = host.Checks.FirstOrDefault(c => c.IsReadiness == readiness && c.Name == check);
            await (one is null ? AnswerAsync(context, StatusCodes.Status404NotFound, $"no check {check}")
                : one.Check() is { } why ? AnswerAsync(context, StatusCodes.Status500InternalServerError, why)
                : AnswerAsync(context, StatusCodes.Status200OK, "ok"));
        });
    }

    private static Task AnswerAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers.CacheControl = "no-cache, private";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }
}
