using System.Text.Json.Nodes;
using Nemotron.Lab.Api;
using Nemotron.Lab.Engines;
using Nemotron.Lab.Nodes;

namespace Nemotron.Lab.Controllers.Machines;

/// <summary>Numbers of nodes, which decide their addresses: none is given twice.</summary>
internal sealed class NodeNumbers
{
    private int next = -1;

    /// <summary>The next number, from 0.</summary>
    public int Next() => Interlocked.Increment(ref next);

    /// <summary>Begins again: all nodes are gone.</summary>
    public void Reset() => Interlocked.Exchange(ref next, -1);
}

/// <summary>Simulated machines of a simulated cloud: each joins as a node of its own.</summary>
/// <param name="api">The API.</param>
/// <param name="time">The Lab's clock.</param>
/// <param name="numbers">Numbers of nodes.</param>
/// <param name="network">Where addresses are to be real ones.</param>
internal sealed class MachineMaker(IApi api, TimeProvider time, NodeNumbers numbers, LabNetwork? network)
{
    /// <summary>GPUs of a machine such as <c>H100:8</c>.</summary>
    /// <exception cref="FormatException">The text is none.</exception>
    public static int Gpus(string machine) => NodeSpec.Parse(machine) is { Gpu: not null } spec ? spec.GpusPerNode : 0;

    /// <summary>Has a machine join as a node.</summary>
    /// <param name="machine">Such as <c>H100:8</c>.</param>
    /// <param name="name">The node's name.</param>
    /// <param name="labels">Labels beyond those of its kind.</param>
    /// <param name="annotations">Annotations.</param>
    /// <param name="taints">Taints.</param>
    /// <param name="withGpus">Whether its GPUs are there; else it joins as one whose driver did not start.</param>
    public void Join(string machine, string name, JsonObject? labels, JsonObject? annotations, JsonArray? taints, bool withGpus)
    {
        NodeRegistrar.EnsureLeaseNamespace(api);
        var number = numbers.Next();
        var node = NodeObjects.One(NodeSpec.Parse(machine), name, number, number, time.GetUtcNow(), network);
        var own = node.Obj("metadata", "labels")!;
        if (!withGpus)
        {
            foreach (var key in own.Select(label => label.Key).Where(key => key.StartsWith("nvidia.com/", StringComparison.Ordinal)).ToList()) own.Remove(key);
            node.Obj("status", "capacity")!.Remove("nvidia.com/gpu");
            node.Obj("status", "allocatable")!.Remove("nvidia.com/gpu");
        }

        foreach (var (key, value) in labels ?? []) own[key] = value?.DeepClone();
        foreach (var (key, value) in annotations ?? []) node.Obj("metadata", "annotations")![key] = value?.DeepClone();
        if (taints is { Count: > 0 }) node.Obj("spec")!["taints"] = taints.DeepClone();
        NodeRegistrar.Register(api, node);
    }

    /// <summary>Takes a machine away, whatever runs on it.</summary>
    public void Leave(string node) => api.Delete(BuiltIn.Nodes, null, node);
}
