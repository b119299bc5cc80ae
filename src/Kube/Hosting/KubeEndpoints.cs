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
    /// Maps <c>/healthz</c> and <c>/readyz</c> (with <c>?verbose</c> and <c>?exclude=name</c>, answers as the API server's own) and <c>/metrics</c>.
    /// They answer on every replica, leading or not.
    /// </summary>
    /// <param name="endpoints">Where to map them.</param>
    public static void MapKubeEndpoints(this IEndpointRouteBuilder endpoints)
    {
        var registry = endpoints.ServiceProvider.GetRequiredService<CollectorRegistry>();
        endpoints.MapGet("/metrics", async (HttpContext context) =>
        {
            context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
            await registry.CollectAndExportAsTextAsync(context.Response.Body, context.RequestAborted);
        });
    }
}
