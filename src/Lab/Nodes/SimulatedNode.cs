using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;

namespace Nemotron.Lab.Nodes;

/// <summary>A node with a simulated kubelet: its addresses, and whether it can be reached.</summary>
internal sealed class SimulatedNode
{
    private readonly string prefix;
    private readonly HashSet<string> taken = [];
    private int last = 1;

    /// <summary>From a node as served.</summary>
    public SimulatedNode(JsonObject node)
    {
        Name = node.Name();
        Uid = node.Uid();
        HostIp = node.Items("status", "addresses").FirstOrDefault(address => address.Text("type") == "InternalIP").Text("address") ?? "127.0.0.1";
        var cidr = node.Text("spec", "podCIDR") ?? "10.255.255.0/24";
        prefix = cidr[..(cidr.LastIndexOf('.') + 1)];
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The node object's uid.</summary>
    public string Uid { get; }

    /// <summary>The node's address.</summary>
    public string HostIp { get; }

    /// <summary>Whether the machine is cut off: its kubelet neither hears nor says anything.</summary>
    public bool CutOff { get; set; }

    /// <summary>An address for a pod, or null when all of the node's 252 are taken.</summary>
    public string? TakeIp()
    {
        for (var tries = 0; tries < 252; tries++)
        {
            last = last >= 253 ? 2 : last + 1;
            var ip = prefix + last;
            if (taken.Add(ip)) return ip;
        }

        return null;
    }

    /// <summary>Gives an address back.</summary>
    public void ReturnIp(string? ip)
    {
        if (ip is not null) taken.Remove(ip);
    }
}
