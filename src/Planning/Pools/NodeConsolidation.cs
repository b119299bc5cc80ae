using Nemotron.Planning.Placement;

namespace Nemotron.Planning.Pools;

/// <summary>
/// Which replicas to move so that whole nodes become free. Replicas go only to nodes that hold others already and keep them, so each plan leaves fewer nodes in
/// use than there were: carried out again and again it comes to an end, and nothing moves to and fro.
/// </summary>
public static class NodeConsolidation
{
    /// <summary>
    /// Decides. Nodes are emptied one after the other, always the one with the fewest replicas (then the fewest GPUs in use, then by name) whose replicas all have a
    /// place elsewhere; one that is being emptied already comes before all others. Pure: equal demands give equal plans.
    /// </summary>
    /// <param name="demand">The pool as it is.</param>
    /// <exception cref="ArgumentOutOfRangeException">A count is below its range.</exception>
    public static ConsolidationPlan Decide(ConsolidationDemand demand)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(demand.MostNodes);
        ArgumentOutOfRangeException.ThrowIfNegative(demand.MostMoves);
        var groups = demand.Movable.ToLookup(group => group.Node);
        var free = demand.Nodes.Where(node => node is { Fault: NodeFault.None, Allocated: > 0 }).ToDictionary(node => node.Name, node => node.Free, StringComparer.Ordinal);
        var inUse = demand.Nodes
            .Where(node => free.ContainsKey(node.Name))
            .OrderByDescending(node => node.Name == demand.First)
            .ThenBy(node => groups[node.Name].Count()).ThenBy(node => node.Allocated).ThenBy(node => node.Name, StringComparer.Ordinal);
        var emptied = new List<string>();
        var kept = new List<KeptNode>();
        var moves = new List<GroupMove>();
        var receivers = new HashSet<string>(StringComparer.Ordinal);
        foreach (var node in inUse)
        {
            if (groups[node.Name].Sum(group => group.Gpus) != node.Allocated) Keep(KeptFor.Unmovable);
            else if (emptied.Count >= demand.MostNodes) Keep(KeptFor.Budget);
            // What has just come is not moved on.
            else if (receivers.Contains(node.Name)) Keep(KeptFor.Receives);
            else if (Elsewhere(groups[node.Name], free, out var homeless) is not { } found) Keep(KeptFor.NoRoom, homeless);
            else if (moves.Count + found.Count > demand.MostMoves) Keep(KeptFor.MostMoves);
            else Empty(found);

            void Keep(KeptFor reason, string? group = null) => kept.Add(new KeptNode(node.Name, reason, group));

            void Empty(List<(MovableGroup Group, string To)> all)
            {
                foreach (var (group, to) in all)
                {
                    free[to] -= group.Gpus;
                    receivers.Add(to);
                    moves.Add(new GroupMove(group.Name, node.Name, to));
                }

                free.Remove(node.Name);
                emptied.Add(node.Name);
            }
        }

        return new ConsolidationPlan(emptied, moves) { Kept = kept };
    }

    // The largest first into the tightest room: where sizes divide each other and all nodes fit, this finds a place for all whenever there is one.
    private static List<(MovableGroup Group, string To)>? Elsewhere(IEnumerable<MovableGroup> groups, Dictionary<string, int> free, out string? homeless)
    {
        var left = new Dictionary<string, int>(free, StringComparer.Ordinal);
        var found = new List<(MovableGroup, string)>();
        homeless = null;
        foreach (var group in groups.OrderByDescending(group => group.Gpus).ThenBy(group => group.Name, StringComparer.Ordinal))
        {
            var to = left.Where(room => room.Key != group.Node && room.Value >= group.Gpus && group.Fits.Contains(room.Key))
                .OrderBy(room => room.Value).ThenBy(room => room.Key, StringComparer.Ordinal).Select(room => room.Key).FirstOrDefault();
            if (to is null)
            {
                homeless = group.Name;
                return null;
            }

            left[to] -= group.Gpus;
            found.Add((group, to));
        }

        return found;
    }
}
