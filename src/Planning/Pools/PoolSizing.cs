namespace Nemotron.Planning.Pools;

/// <summary>
/// How many nodes a pool needs: whole groups put on nodes, not GPUs added up. It grows at once for groups that wait, and gives back only nodes that have
/// been empty for a while; a node that goes is closed first, so that no pod can arrive while the provisioner takes it away.
/// </summary>
public static class PoolSizing
{
    /// <summary>Decides. Pure: equal demands give equal sizes.</summary>
    /// <param name="demand">The pool as it is.</param>
    /// <exception cref="ArgumentOutOfRangeException">A count is below its range.</exception>
    public static PoolSize Decide(PoolDemand demand)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(demand.NodeGpus, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(demand.Requested);
        ArgumentOutOfRangeException.ThrowIfNegative(demand.MinNodes);
        ArgumentOutOfRangeException.ThrowIfLessThan(demand.MaxNodes, demand.MinNodes);
        // More nodes than asked for: the provisioner is at taking some away, and which is settled.
        var takingAway = demand.Requested < demand.Nodes.Count;
        var room = new WaitingRoom(demand, mayReopen: !takingAway);
        var placed = new List<GroupPlacement>();
        var unplaced = new List<string>();
        foreach (var group in demand.Waiting.OrderByDescending(group => group.Unplaced.GpusPerPod).ThenByDescending(group => group.Unplaced.Pods).ThenBy(group => group.Name, StringComparer.Ordinal))
        {
            if (room.Put(group) is { } place) placed.Add(place);
            else unplaced.Add(group.Name);
        }

        unplaced.Sort(StringComparer.Ordinal);
        var size = new PoolSize { Target = demand.Requested, Leaving = [], Released = [], Placed = placed, Unplaced = unplaced, Message = "" };
        var target = Math.Max(demand.Requested + room.New, demand.MinNodes);
        if (target > demand.Requested) return Grown(size with { Target = target, Leaving = takingAway ? Closed(demand) : [] }, demand, room.New);
        return takingAway ? Waiting(size, demand) : Shrunk(size, demand, room.Used);
    }

    private static PoolSize Grown(PoolSize size, PoolDemand demand, int forGroups)
    {
        var waiting = demand.Waiting.Count - size.Unplaced.Count;
        var why = forGroups > 0 ? $"{forGroups} more for {Plural(waiting, "waiting replica")}" : $"{demand.MinNodes} is the minimum";
        return size with { Message = $"{Plural(size.Target, "node")} asked for: {why}.{NoRoom(size, demand)}" };
    }

    private static PoolSize Waiting(PoolSize size, PoolDemand demand) => size with
    {
        Leaving = Closed(demand),
        Message = $"{Plural(demand.Requested, "node")} asked for, {demand.Nodes.Count} there: {demand.Nodes.Count - demand.Requested} to go.{NoRoom(size, demand)}",
    };

    private static PoolSize Shrunk(PoolSize size, PoolDemand demand, HashSet<string> used)
    {
        var spare = Math.Max(0, demand.Requested - demand.MinNodes);
        var most = Math.Min(demand.MostLeaving, spare);
        var closed = demand.Nodes.Where(node => node is { State: PoolNodeState.Leaving, Allocated: 0 } && !used.Contains(node.Name)).OrderBy(node => node.Name, StringComparer.Ordinal).Take(most).ToList();
        var empty = demand.Nodes.Where(node => node is { State: PoolNodeState.Usable, Allocated: 0, EmptySince: not null } && !used.Contains(node.Name)).ToList();
        // More nodes than the maximum are not waited for.
        var delay = demand.Requested > demand.MaxNodes ? TimeSpan.Zero : demand.ScaleDownDelay;
        var due = empty.Where(node => node.EmptySince + delay <= demand.Now).OrderBy(node => node.EmptySince).ThenBy(node => node.Name, StringComparer.Ordinal).Take(most - closed.Count).ToList();
        var later = spare - closed.Count - due.Count > 0 ? empty.Except(due).Select(node => node.EmptySince + delay).Where(at => at > demand.Now).Min() : null;
        return size with
        {
            Target = demand.Requested - closed.Count,
            Leaving = Names(closed.Concat(due)),
            Released = Names(closed),
            LookAgain = later,
            Message = Said(size, demand, closed.Count, due.Count, empty.Count - due.Count),
        };
    }

    private static string Said(PoolSize size, PoolDemand demand, int released, int closing, int empty)
    {
        var nodes = $"{Plural(demand.Requested - released, "node")} asked for";
        var text = released > 0 ? $"{nodes}: {released} fewer, empty for {demand.ScaleDownDelay} or longer."
            : closing > 0 ? $"{nodes}; {closing} empty, closed, and to be given back."
            : demand.Requested > demand.Nodes.Count ? $"{nodes}, {demand.Nodes.Count} there: {demand.Requested - demand.Nodes.Count} on the way."
            : empty > 0 && demand.Requested > demand.MinNodes ? $"{nodes}; {empty} empty."
            : $"{nodes}.";
        return text + NoRoom(size, demand);
    }

    private static string NoRoom(PoolSize size, PoolDemand demand)
    {
        if (size.Unplaced.Count == 0) return "";
        var largest = demand.Waiting.Where(group => size.Unplaced.Contains(group.Name)).Max(group => group.Unplaced.GpusPerPod);
        return largest > demand.NodeGpus
            ? $" {Plural(size.Unplaced.Count, "replica")} cannot be placed: a pod takes {largest} GPUs, and a node has {demand.NodeGpus}."
            : $" {Plural(size.Unplaced.Count, "replica")} cannot be placed: {demand.MaxNodes} nodes are the maximum.";
    }

    private static List<string> Closed(PoolDemand demand) => Names(demand.Nodes.Where(node => node.State == PoolNodeState.Leaving));

    private static List<string> Names(IEnumerable<PoolNode> nodes) => [.. nodes.Select(node => node.Name).Order(StringComparer.Ordinal)];

    private static string Plural(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
