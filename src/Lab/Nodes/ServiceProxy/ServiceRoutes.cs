using System.Net;
using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;

namespace Nemotron.Lab.Nodes;

/// <summary>Where connections to one port of a Service go.</summary>
/// <param name="Port">The Service's port.</param>
/// <param name="Endpoints">The endpoints that take connections, in a stable order; none means that connections are refused.</param>
internal sealed record ServiceRoute(int Port, IReadOnlyList<IPEndPoint> Endpoints);

/// <summary>Works out the routes of a Service from its EndpointSlices, as kube-proxy does.</summary>
internal static class ServiceRoutes
{
    /// <summary>The routes of a Service's TCP ports.</summary>
    /// <param name="service">The Service as served.</param>
    /// <param name="slices">Its EndpointSlices.</param>
    public static IReadOnlyList<ServiceRoute> Of(JsonObject service, IReadOnlyList<JsonObject> slices) =>
    [
        .. service.Items("spec", "ports").Where(port => port.Text("protocol") is null or "TCP").Select(port =>
        {
            var name = port.Text("name") ?? "";
            var ready = Endpoints(slices, name, endpoint => endpoint.Flag("conditions", "ready"));
            // Where none is ready, those that end but still serve are better than nothing.
            if (ready.Count == 0) ready = Endpoints(slices, name, endpoint => endpoint.Flag("conditions", "serving") && endpoint.Flag("conditions", "terminating"));
            return new ServiceRoute((int)(port.Whole("port") ?? 0), ready);
        }),
    ];

    private static List<IPEndPoint> Endpoints(IReadOnlyList<JsonObject> slices, string port, Func<JsonObject, bool> takes)
    {
        var all = new List<IPEndPoint>();
        foreach (var slice in slices)
        {
            if (slice.Items("ports").FirstOrDefault(candidate => (candidate.Text("name") ?? "") == port).Whole("port") is not { } number) continue;
            foreach (var endpoint in slice.Items("endpoints").Where(takes))
            {
                foreach (var address in endpoint.Texts("addresses"))
                {
                    if (IPAddress.TryParse(address, out var ip)) all.Add(new(ip, (int)number));
                }
            }
        }

        return [.. all.DistinctBy(endpoint => endpoint.ToString()).OrderBy(endpoint => endpoint.ToString(), StringComparer.Ordinal)];
    }
}
