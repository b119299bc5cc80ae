namespace Nemotron.Planning.Fleet;

/// <summary>Groups that would have to go together to make room: moved to another node where that is possible, else taken away.</summary>
internal sealed class Sacrifice
{
    /// <summary>Nobody gives anything.</summary>
    public static readonly Sacrifice None = new();

    /// <summary>The groups that are taken away.</summary>
    public List<PlacedGroup> Groups { get; } = [];

    /// <summary>The groups that go to another node, each with that node.</summary>
    public List<(PlacedGroup Group, int To)> Moves { get; } = [];

    /// <summary>What it costs: a claim loses its last groups first, whichever of its pods goes.</summary>
    public Loss Loss
    {
        get
        {
            var loss = Loss.None with { Moves = Moves.Count(move => move.Group.Held is not null) };
            for (var i = 0; i < Groups.Count; i++)
            {
                var claim = Groups[i].Claim;
                var nth = claim.Live;
                for (var j = 0; j < i; j++)
                    if (Groups[j].Claim == claim) nth--;
                loss = loss.And(claim.RankOf(nth), claim.ValueOf(nth));
            }

            return loss;
        }
    }

    /// <summary>Whether anything has to go.</summary>
    public bool IsEmpty => Groups.Count == 0 && Moves.Count == 0;

    /// <summary>The groups on <paramref name="node"/> that lose least together and leave room for <paramref name="claim"/>'s group; null when they cannot.</summary>
    public static Sacrifice? ForRoomOn(PoolLedger pool, int node, ClaimState claim)
    {
        var missing = claim.Claim.GpusPerNode - pool.Room.Free(node);
        if (missing <= 0) return None;
        var choice = new Sacrifice();
        foreach (var group in pool.On(node))
            if (group.Claim != claim) choice.Groups.Add(group);
        missing -= choice.MoveAway(pool, node, missing);
        if (missing <= 0)
        {
            choice.Groups.Clear();
            return choice;
        }

        // Least per GPU is best for many GPUs, least of all for few: a lone GPU is not bought with a group of four.
        var perGpu = choice.Cheapest(CheapestFirst, missing);
        if (choice.Groups.Count == 1) return perGpu;
        var each = choice.Cheapest(SmallestFirst, missing);
        return perGpu is null || each is null || perGpu.Loss.IsLessThan(each.Loss) ? perGpu : each;
    }

    /// <summary>The later rank first, then the lower value per GPU.</summary>
    public static int CheapestFirst(PlacedGroup left, PlacedGroup right)
    {
        var (a, b) = (left.Claim, right.Claim);
        var rank = b.RankOf(b.Live).CompareTo(a.RankOf(a.Live));
        if (rank != 0) return rank;
        var value = (a.ValueOf(a.Live) / a.Claim.GroupGpus).CompareTo(b.ValueOf(b.Live) / b.Claim.GroupGpus);
        return value != 0 ? value : b.Index.CompareTo(a.Index);
    }

    private static int SmallestFirst(PlacedGroup left, PlacedGroup right)
    {
        var rank = right.Claim.RankOf(right.Claim.Live).CompareTo(left.Claim.RankOf(left.Claim.Live));
        if (rank != 0) return rank;
        var value = left.Claim.ValueOf(left.Claim.Live).CompareTo(right.Claim.ValueOf(right.Claim.Live));
        return value != 0 ? value : right.Claim.Index.CompareTo(left.Claim.Index);
    }

    private Sacrifice? Cheapest(Comparison<PlacedGroup> order, int missing)
    {
        var choice = new Sacrifice();
        choice.Moves.AddRange(Moves);
        var candidates = new List<PlacedGroup>(Groups);
        candidates.Sort(order);
        var freed = 0;
        foreach (var group in candidates)
        {
            if (freed >= missing) break;
            choice.Groups.Add(group);
            freed += group.Claim.Claim.GpusPerNode;
        }

        if (freed < missing) return null;
        choice.Spare(freed - missing);
        return choice;
    }

    // The largest that fit elsewhere: fewest moves. What has not started yet moves for nothing.
    private int MoveAway(PoolLedger pool, int node, int missing)
    {
        var freed = 0;
        bool Movable(PlacedGroup group) => group.Nodes.Length == 1 && (group.Held is null || pool.Pool.MayMove);
        if (!Groups.Exists(Movable)) return 0;
        var taken = new Dictionary<int, int>();
        foreach (var group in Groups.Where(Movable)
            .OrderByDescending(group => group.Held is null).ThenByDescending(group => group.Claim.Claim.GpusPerNode).ToList())
        {
            if (freed >= missing) break;
            var gpus = group.Claim.Claim.GpusPerNode;
            foreach (var other in pool.Room.Fitting(gpus))
            {
                var gone = taken.GetValueOrDefault(other);
                if (other == node || pool.Room.Free(other) - gone < gpus) continue;
                taken[other] = gone + gpus;
                Moves.Add((group, other));
                Groups.Remove(group);
                freed += gpus;
                break;
            }
        }

        return freed;
    }

    // The last ones taken may have made earlier ones needless; the dearest of those stay.
    private void Spare(int beyond)
    {
        for (var i = Groups.Count - 1; i >= 0; i--)
        {
            var gpus = Groups[i].Claim.Claim.GpusPerNode;
            if (gpus > beyond) continue;
            beyond -= gpus;
            Groups.RemoveAt(i);
        }
    }
}
