using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;

namespace Nemotron.Lab.Nodes;

/// <summary>A node with a simulated kubelet: its addresses, and whether it can be reached.</summary>
internal sealed class SimulatedNode
{
    private readonly string prefix;
    private readonly HashSet<string> taken = [];
    private readonly SortedSet<int> takenGpus = [];
    private readonly int gpus;
    private int last = 1;

    /// <summary>From a node as served.</summary>
    public SimulatedNode(JsonObject node)
    {
        Name = node.Name();
        Uid = node.Uid();
        HostIp = node.Items("status", "addresses").FirstOrDefault(address => address.Text("type") == "InternalIP").Text("address") ?? "127.0.0.1";
        gpus = (int)(ResourceQuantity.Milli(node.At("status", "capacity", "nvidia.com/gpu")) ?? 0) / 1000;
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

    /// <summary>GPUs for a pod, by their numbers on the node: the lowest that are free, as the device plugin gives them. Fewer than asked for only if the scheduler erred.</summary>
    /// <param name="pod">The pod as served.</param>
    public IReadOnlyList<int> TakeGpus(JsonObject pod)
    {
        var wanted = pod.Items("spec", "containers").Sum(container => ResourceQuantity.Milli(container.At("resources", "limits", "nvidia.com/gpu")) ?? 0) / 1000;
        var given = Enumerable.Range(0, gpus).Where(gpu => !takenGpus.Contains(gpu)).Take((int)wanted).ToList();
        takenGpus.UnionWith(given);
        return given;
    }

    /// <summary>Gives back what a pod had.</summary>
    public void Return(PodRun run)
    {
        if (run.Ip is { } ip) taken.Remove(ip);
        takenGpus.ExceptWith(run.Gpus);
    }
}
