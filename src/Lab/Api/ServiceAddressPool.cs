using System.Globalization;
using System.Text.Json.Nodes;
using Nemotron.Lab.Kinds.Writing;

namespace Nemotron.Lab.Api;

/// <summary>
/// Cluster IPs out of a /16 (10.0.0.0/16 unless told otherwise) and node ports out of 30000-32767 that no Service holds. Nothing routes node ports; they only have to be unique.
/// </summary>
internal sealed class ServiceAddressPool(ApiContext api) : IServiceAllocator
{
    private const int Addresses = 65_533;
    private const int FirstNodePort = 30_000;
    private const int NodePorts = 2_768;
    private static readonly Gvr Services = new("", "v1", "services");

    public string NextClusterIp()
    {
        var taken = Existing().Select(s => s["spec"]?["clusterIP"].Text()).ToHashSet(StringComparer.Ordinal);
        int start = api.NextRandom(Addresses);
        for (int i = 0; i < Addresses; i++)
        {
            int host = 2 + ((start + i) % Addresses);
            string address = string.Create(CultureInfo.InvariantCulture, $"{api.ServicePrefix}.{host >> 8}.{host & 255}");
            if (!taken.Contains(address)) return address;
        }
        throw ApiErrors.InternalError("failed to allocate a serviceIP: range is full");
    }

    public int NextNodePort()
    {
        var taken = Existing().SelectMany(s => s["spec"]?["ports"] as JsonArray ?? []).Select(p => p?["nodePort"].Integer()).ToHashSet();
        int start = api.NextRandom(NodePorts);
        for (int i = 0; i < NodePorts; i++)
        {
            int port = FirstNodePort + ((start + i) % NodePorts);
            if (!taken.Contains(port)) return port;
        }
        throw ApiErrors.InternalError("failed to allocate a nodePort: range is full");
    }

    private IEnumerable<JsonObject> Existing() => api.Catalog.Find(Services)!.Table.Current.Objects(null).Select(o => o.Tree);
}
