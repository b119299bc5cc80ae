namespace Nemotron.Lab.Controllers.Scheduling;

/// <summary>Gives each resource name a slot, so that what a node has and uses are plain arrays.</summary>
internal sealed class ResourceSlots
{
    public const int Cpu = 0;
    public const int Memory = 1;
    public const int Pods = 2;

    /// <summary>The first slot of an extended resource.</summary>
    public const int First = 3;

    private readonly Dictionary<string, int> slots = new() { ["cpu"] = Cpu, ["memory"] = Memory, ["pods"] = Pods };
    private readonly List<string> names = ["cpu", "memory", "pods"];

    /// <summary>The slot of a resource.</summary>
    public int Of(string name)
    {
        if (slots.TryGetValue(name, out var slot)) return slot;
        names.Add(name);
        return slots[name] = names.Count - 1;
    }

    /// <summary>The resource of a slot.</summary>
    public string Name(int slot) => names[slot];
}
