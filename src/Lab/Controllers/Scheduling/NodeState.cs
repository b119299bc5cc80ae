using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers.Scheduling;

/// <summary>A node as the scheduler sees it: what it offers and what is used. Kept by one thread.</summary>
internal sealed class NodeState
{
    private readonly HashSet<string> pods = [];
    private readonly Dictionary<string, int> byOwner = [];
    private long[] used = new long[ResourceSlots.First];
    private long[] allocatable;

    /// <summary>Reads a node as served.</summary>
    public NodeState(JsonObject node, ResourceSlots slots)
    {
        Name = node.Name();
        (Labels, Taints, Unschedulable, allocatable) = Read(node, slots);
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; private set; }

    /// <summary>The taints.</summary>
    public IReadOnlyList<Taint> Taints { get; private set; }

    /// <summary>Whether it is cordoned.</summary>
    public bool Unschedulable { get; private set; }

    /// <summary>The uids of the pods that use it.</summary>
    public IReadOnlyCollection<string> Pods => pods;

    /// <summary>CPU and memory used as scored.</summary>
    public (long Cpu, long Memory) Scored { get; private set; }

    /// <summary>What a slot offers, in thousandths.</summary>
    public long Allocatable(int slot) => slot < allocatable.Length ? allocatable[slot] : 0;

    /// <summary>What a slot has used up, in thousandths.</summary>
    public long Used(int slot) => slot < used.Length ? used[slot] : 0;

    /// <summary>Pods of one owner on it.</summary>
    public int PodsOf(string? owner) => owner is null ? 0 : byOwner.GetValueOrDefault(owner);

    /// <summary>Takes in a changed node; whether anything the scheduler looks at changed.</summary>
    public bool Update(JsonObject node, ResourceSlots slots)
    {
        var (labels, taints, unschedulable, offers) = Read(node, slots);
        var same = unschedulable == Unschedulable && offers.AsSpan().SequenceEqual(allocatable) && taints.SequenceEqual(Taints)
            && labels.Count == Labels.Count && labels.All(label => Labels.TryGetValue(label.Key, out var value) && value == label.Value);
        (Labels, Taints, Unschedulable, allocatable) = (labels, taints, unschedulable, offers);
        return !same;
    }

    /// <summary>Counts a pod in.</summary>
    public void Add(string uid, PodClass pod)
    {
        if (pods.Add(uid)) Count(pod, 1);
    }

    /// <summary>Counts a pod out.</summary>
    public void Remove(string uid, PodClass pod)
    {
        if (pods.Remove(uid)) Count(pod, -1);
    }

    private void Count(PodClass pod, int sign)
    {
        if (pod.Requests.Length > used.Length) Array.Resize(ref used, pod.Requests.Length);
        for (var slot = 0; slot < pod.Requests.Length; slot++) used[slot] += sign * pod.Requests[slot];
        Scored = (Scored.Cpu + (sign * pod.Scored.Cpu), Scored.Memory + (sign * pod.Scored.Memory));
        if (pod.Owner is not { } owner) return;
        var count = byOwner.GetValueOrDefault(owner) + sign;
        if (count == 0) byOwner.Remove(owner);
        else byOwner[owner] = count;
    }

    private static (IReadOnlyDictionary<string, string> Labels, IReadOnlyList<Taint> Taints, bool Unschedulable, long[] Allocatable) Read(JsonObject node, ResourceSlots slots)
    {
        var labels = new Dictionary<string, string>();
        foreach (var (key, value) in node.Obj("metadata", "labels") ?? []) labels[key] = value.Text() ?? "";
        var offers = new long[ResourceSlots.First];
        foreach (var (name, amount) in node.Obj("status", "allocatable") ?? [])
        {
            var slot = slots.Of(name);
            if (slot >= offers.Length) Array.Resize(ref offers, slot + 1);
            offers[slot] = ResourceQuantity.Milli(amount) ?? 0;
        }

        return (labels, Taint.Of(node), node.Flag("spec", "unschedulable"), offers);
    }
}
