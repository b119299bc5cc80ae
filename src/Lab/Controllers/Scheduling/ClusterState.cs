using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers.Scheduling;

/// <summary>A pod that holds a place on a node.</summary>
/// <param name="Uid">Its uid.</param>
/// <param name="Class">Its class.</param>
/// <param name="Node">The node's name.</param>
internal sealed record PlacedPod(string Uid, PodClass Class, string Node);

/// <summary>Nodes and the pods on them, followed change by change. Kept by one thread.</summary>
internal sealed class ClusterState
{
    private readonly Dictionary<string, NodeState> nodes = [];
    private readonly List<NodeState> order = [];
    private readonly Dictionary<string, PlacedPod> placed = [];

    /// <summary>The slots of resource names.</summary>
    public ResourceSlots Slots { get; } = new();

    /// <summary>The nodes in the order they came.</summary>
    public IReadOnlyList<NodeState> Nodes => order;

    /// <summary>The pods that hold a place, by class and node.</summary>
    public Placements Placements { get; } = new();

    /// <summary>The node of a name, or null.</summary>
    public NodeState? Node(string name) => nodes.GetValueOrDefault(name);

    /// <summary>Takes in a node, new or changed; whether the scheduler may care.</summary>
    public bool PutNode(JsonObject node)
    {
        if (nodes.TryGetValue(node.Name(), out var known)) return known.Update(node, Slots);
        var made = new NodeState(node, Slots);
        nodes[made.Name] = made;
        order.Add(made);
        foreach (var pod in placed.Values)
        {
            if (pod.Node == made.Name) made.Add(pod.Uid, pod.Class);
        }

        return true;
    }

    /// <summary>Forgets a node.</summary>
    public void RemoveNode(string name)
    {
        if (nodes.Remove(name, out var known)) order.Remove(known);
    }

    /// <summary>Counts a pod on a node; again for the same node changes nothing.</summary>
    public void Place(string uid, PodClass pod, string node)
    {
        if (placed.TryGetValue(uid, out var known))
        {
            if (known.Node == node && ReferenceEquals(known.Class, pod)) return;
            Unplace(uid);
        }

        placed[uid] = new(uid, pod, node);
        Placements.Add(pod, node);
        Node(node)?.Add(uid, pod);
    }

    /// <summary>Gives a pod's place free; whether it had one.</summary>
    public bool Unplace(string uid)
    {
        if (!placed.Remove(uid, out var known)) return false;
        Placements.Remove(known.Class, known.Node);
        Node(known.Node)?.Remove(uid, known.Class);
        return true;
    }
}
