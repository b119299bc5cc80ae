using System.Net;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Api.Webhooks;

/// <summary>
/// From a Service to where somebody listens, as a real API server's endpoint resolver does it, but on the loopback interface only: behind the addresses of simulated pods there is nobody.
/// A program outside is put behind a Service by an EndpointSlice with the address 127.0.0.1.
/// </summary>
internal static class ServiceEndpoints
{
    /// <summary>The first ready endpoint of a Service's port. Pure.</summary>
    /// <param name="name">The Service's name, for the refusal.</param>
    /// <param name="service">The Service, or null when there is none.</param>
    /// <param name="slices">Its EndpointSlices.</param>
    /// <param name="port">The Service's port.</param>
    /// <exception cref="HttpRequestException">There is none; the message is the real server's.</exception>
    public static IPEndPoint Resolve(string name, JsonObject? service, IEnumerable<JsonObject> slices, long port)
    {
        if (service is null) throw new HttpRequestException($"service \"{name}\" not found");
        var wanted = (service["spec"]?["ports"] as JsonArray ?? []).OfType<JsonObject>().FirstOrDefault(p => p["port"].Integer() == port)
            ?? throw new HttpRequestException($"no service port {port} found for service \"{name}\"");
        foreach (var slice in slices)
        {
            var number = (slice["ports"] as JsonArray ?? []).OfType<JsonObject>().FirstOrDefault(p => (p["name"].Text() ?? "") == (wanted["name"].Text() ?? ""))?["port"].Integer();
            if (number is null) continue;
            foreach (var endpoint in (slice["endpoints"] as JsonArray ?? []).OfType<JsonObject>())
            {
                // Unknown counts as ready.
                if (endpoint["conditions"]?["ready"] is JsonValue ready && ready.TryGetValue(out bool isReady) && !isReady) continue;
                foreach (var address in endpoint["addresses"] as JsonArray ?? [])
                {
                    if (IPAddress.TryParse(address.Text(), out var ip) && IPAddress.IsLoopback(ip)) return new IPEndPoint(ip, (int)number);
                }
            }
        }

        throw new HttpRequestException($"no endpoints available for service \"{name}\"");
    }
}
