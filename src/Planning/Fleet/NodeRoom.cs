namespace Nemotron.Planning.Fleet;

/// <summary>The nodes of a pool by the GPUs that are free on them, so that the best place for a group is found without looking at every node.</summary>
internal sealed class NodeRoom
{
    private readonly NodeSet[] byFree;
    private readonly int[][] orders;
    private readonly int[] free;
    private readonly bool[] open;

    /// <summary>All nodes, with all their GPUs free.</summary>
    public NodeRoom(IReadOnlyList<FleetNode> nodes)
    {
        var largest = nodes.Count == 0 ? 0 : nodes.Max(node => node.Gpus);
        byFree = new NodeSet[largest + 1];
        for (var i = 0; i <= largest; i++) byFree[i] = new NodeSet(nodes.Count);
        orders = new int[largest + 1][];
        free = [.. nodes.Select(node => node.Gpus)];
        open = [.. nodes.Select(node => !node.Closed)];
        for (var node = 0; node < free.Length; node++)
            if (open[node]) byFree[free[node]].Add(node);
    }

    /// <summary>GPUs free on a node. Below zero on a node that lost GPUs under its groups.</summary>
    public int Free(int node) => free[node];

    /// <summary>Takes GPUs of a node, or with a negative number gives them back.</summary>
    public void Take(int node, int gpus)
    {
        if (open[node] && free[node] >= 0) byFree[free[node]].Remove(node);
        free[node] -= gpus;
        if (open[node] && free[node] >= 0) byFree[free[node]].Add(node);
    }

    /// <summary>Whether a node takes new groups.</summary>
    public bool IsOpen(int node) => open[node];

    /// <summary>
    /// The open nodes with room for <paramref name="gpus"/>, those first on which the group breaks up the smallest piece: as in a buddy allocator,
    /// a group of 1 goes where 1 or 3 or 5 are free before it goes where 2 are, and there before it goes where 4 are. With groups whose sizes
    /// divide each other this leaves room for as many larger groups as any order would.
    /// </summary>
    public IEnumerable<int> Fitting(int gpus)
    {
        if (gpus >= byFree.Length) yield break;
        foreach (var count in orders[gpus] ??= SizesFor(gpus))
            for (var node = byFree[count].Next(0); node >= 0; node = byFree[count].Next(node + 1)) yield return node;
    }

    private int[] SizesFor(int gpus)
    {
        var sizes = new List<(int Piece, int Free)>();
        for (var count = gpus; count < byFree.Length; count++)
        {
            var groups = count / gpus;
            sizes.Add((groups & -groups, count));
        }

        sizes.Sort();
        return [.. sizes.Select(size => size.Free)];
    }
}
