using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Nemotron.Lab.Controllers;

namespace Nemotron.Lab.Nodes;

/// <summary>
/// A stand-in for kube-proxy: makes the TCP ports of Services' cluster IPs reachable, one connection after another to the ready endpoints in turn.
/// A port without endpoints refuses. Node ports, load balancers' addresses and UDP are not served.
/// </summary>
internal sealed class ServiceProxy : Controller<ObjectKey>, IDisposable
{
    private const string ServiceLabel = "kubernetes.io/service-name";
    private readonly Informer services;
    private readonly ObjectIndex slicesByService;
    private readonly Dictionary<ObjectKey, Dictionary<IPEndPoint, ServicePort>> open = [];

    // Connections outlive the route by which they came.
    private readonly List<ServicePort> leaving = [];

    /// <summary>A proxy over the context's API.</summary>
    public ServiceProxy(ControllerContext context)
        : base("kube-proxy", context)
    {
        services = context.Informers.For(BuiltIn.Services);
        var slices = context.Informers.For(BuiltIn.EndpointSlices);
        slicesByService = slices.AddIndex(slice => slice.Label(ServiceLabel) is { } name ? [$"{slice.Namespace()}/{name}"] : []);
        services.OnChange((before, after) => Queue.Add(ObjectKey.Of(after ?? before!)));
        slices.OnChange((before, after) =>
        {
            if ((after ?? before!).Label(ServiceLabel) is { } name) Queue.Add(new((after ?? before!).Namespace(), name));
        });
    }

    /// <summary>Closes everything. Only after the loop has ended.</summary>
    public void Dispose()
    {
        foreach (var port in open.Values.SelectMany(ports => ports.Values).Concat(leaving)) port.Dispose();
        open.Clear();
        leaving.Clear();
    }

    /// <inheritdoc/>
    protected override void Reconcile(ObjectKey key)
    {
        var wanted = Wanted(key);
        if (!open.TryGetValue(key, out var ports)) open[key] = ports = [];
        foreach (var (address, port) in ports.Where(entry => !wanted.ContainsKey(entry.Key)).ToList())
        {
            port.StopListening();
            leaving.Add(port);
            ports.Remove(address);
        }

        foreach (var (address, endpoints) in wanted)
        {
            if (ports.TryGetValue(address, out var port)) port.Route(endpoints);
            else TryOpen(key, ports, address, endpoints);
        }

        if (ports.Count == 0) open.Remove(key);
    }

    private Dictionary<IPEndPoint, IReadOnlyList<IPEndPoint>> Wanted(ObjectKey key)
    {
        if (services.Get(key) is not { } service || !IPAddress.TryParse(service.Text("spec", "clusterIP"), out var ip) || !IPAddress.IsLoopback(ip)) return [];
        return ServiceRoutes.Of(service, [.. slicesByService[$"{key.Namespace}/{key.Name}"]])
            .Where(route => route.Endpoints.Count > 0)
            .ToDictionary(route => new IPEndPoint(ip, route.Port), route => route.Endpoints);
    }

    private void TryOpen(ObjectKey key, Dictionary<IPEndPoint, ServicePort> ports, IPEndPoint address, IReadOnlyList<IPEndPoint> endpoints)
    {
        try
        {
            ports[address] = ServicePort.Open(address, endpoints);
        }
        catch (SocketException taken)
        {
            Context.Log.LogWarning("Service {Service}: cannot listen on {Address}: {Message}", key, address, taken.Message);
        }
    }
}
