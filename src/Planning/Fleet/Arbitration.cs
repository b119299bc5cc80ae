namespace Nemotron.Planning.Fleet;

/// <summary>One run of the arbiter: groups are handed out one at a time, each to the claim whose next group stands first.</summary>
internal sealed class Arbitration
{
    private readonly ClaimState[] claims;
    private readonly Dictionary<string, PoolLedger> pools;
    private readonly Limits limits;
    private readonly PlacePreference preference;
    private const int MostFills = 2048;
    private readonly PriorityQueue<(ClaimState Claim, int Turn), (bool New, Rank Rank, double Value, int Index)> queue = new(ByTurn);

    private static readonly Comparer<(bool New, Rank Rank, double Value, int Index)> ByTurn = Comparer<(bool New, Rank Rank, double Value, int Index)>.Create((left, right) =>
    {
        if (left.New != right.New) return left.New ? 1 : -1;
        var rank = left.Rank.CompareTo(right.Rank);
        if (rank != 0) return rank;
        var value = right.Value.CompareTo(left.Value);
        return value != 0 ? value : left.Index.CompareTo(right.Index);
    });

    public Arbitration(FleetSnapshot snapshot, PlacePreference preference)
    {
        this.preference = preference;
        claims = [.. snapshot.Claims.Select((claim, index) => new ClaimState(claim, index, snapshot.MinimumHold))];
        pools = snapshot.Pools.ToDictionary(pool => pool.Name, pool => new PoolLedger(pool));
        limits = new Limits(snapshot, claims, pools);
    }

    /// <summary>The values granted, by rank, the first rank first.</summary>
    public IReadOnlyList<(Rank Rank, double Value)> Values() =>
    [
        .. claims.SelectMany(claim => Enumerable.Range(1, claim.Granted).Select(nth => (Rank: claim.RankOf(nth), Value: claim.ValueOf(nth))))
            .GroupBy(group => group.Rank).Select(group => (group.Key, group.Sum(one => one.Value))).OrderBy(pair => pair.Key),
    ];

    /// <summary>Whether everybody has got what they need.</summary>
    public bool IsEnough => claims.All(claim => claim.Granted >= claim.Claim.Need);

    /// <summary>What was handed out, as a plan.</summary>
    public FleetPlan Report()
    {
        foreach (var claim in claims) Recognise(claim);
        return GrantReport.Of(claims, pools, limits);
    }

    /// <summary>Hands out all that can be handed out.</summary>
    public Arbitration Run()
    {
        foreach (var claim in claims) Stand(claim);
        foreach (var claim in claims) Enqueue(claim);
        ServeQueue();
        if (preference != PlacePreference.Free)
        {
            foreach (var pool in pools.Values) ExchangeBundles(pool);
        }

        return this;
    }

    // What a claim has stays where it is, to be confirmed when its turn comes; what it no longer needs goes whatever others want.
    private void Stand(ClaimState claim)
    {
        if (!pools.TryGetValue(claim.Claim.Pool, out var pool)) throw new ArgumentException($"{claim.Claim.Key} names the pool '{claim.Claim.Pool}', which is not there.");
        foreach (var held in claim.Claim.Held)
        {
            if (preference == PlacePreference.Repacked && pool.Pool.MayMove) continue;
            if (held.Nodes.Count > 0 && held.Nodes.All(pool.IndexOf.ContainsKey))
            {
                var group = new PlacedGroup(claim, held) { Nodes = [.. held.Nodes.Select(name => pool.IndexOf[name]).Order()] };
                claim.Standing.Add(group);
                pool.Put(group);
            }
            else
            {
                claim.Unbound.Enqueue(held);
            }
        }

        // Kept first, and so last in the list: what serves, on the fullest nodes, the longest.
        claim.Standing.Sort((left, right) =>
        {
            var loading = right.Held!.Loading.CompareTo(left.Held!.Loading);
            if (loading != 0) return loading;
            var room = pool.Room.Free(right.Nodes[0]).CompareTo(pool.Room.Free(left.Nodes[0]));
            if (room != 0) return room;
            var age = left.Held.Age.CompareTo(right.Held.Age);
            return age != 0 ? age : string.CompareOrdinal(right.Held.Id, left.Held.Id);
        });
        while (claim.Standing.Count > claim.Claim.Need)
        {
            pool.Remove(claim.Standing[0]);
            claim.Standing.RemoveAt(0);
        }

        pool.Victims.Update(claim);
    }

    // A new group where one of the same claim has stood all along is that one.
    private void Recognise(ClaimState claim)
    {
        var pool = pools[claim.Claim.Pool];
        var kept = claim.Confirmed.Select(group => group.Held).OfType<HeldGroup>().ToHashSet();
        foreach (var held in claim.Claim.Held)
        {
            if (kept.Contains(held)) continue;
            var nodes = held.Nodes.Select(name => pool.IndexOf.GetValueOrDefault(name, -1)).Order();
            var place = claim.Confirmed.FindIndex(group => group.Held is null && group.Nodes.SequenceEqual(nodes));
            if (place >= 0) claim.Confirmed[place] = claim.Confirmed[place] with { Held = held };
        }
    }

    private void Enqueue(ClaimState claim)
    {
        claim.Turn++;
        claim.Blocked = false;
        var nth = claim.Granted + 1;
        if (nth > claim.Claim.Need) return;
        // Where nobody is to go, what stands comes before anything new.
        var isNew = preference == PlacePreference.Free && claim.Standing.Count == 0;
        queue.Enqueue((claim, claim.Turn), (isNew, claim.RankOf(nth), claim.ValueOf(nth) / claim.Claim.GroupGpus, claim.Index));
    }

    private void ServeQueue()
    {
        while (queue.TryDequeue(out var next, out _))
        {
            if (next.Turn == next.Claim.Turn) Serve(next.Claim);
        }
    }

    // Each exchange gains, so this ends by itself; the bound keeps one decision short in a fleet that is far from its best.
    private void ExchangeBundles(PoolLedger pool)
    {
        var fills = MostFills;
        while (BundleExchange.Find(pool, claims, limits, ref fills) is { } exchange)
        {
            var nodes = exchange.Large.Nodes;
            TakeAway(exchange.Large);
            foreach (var claim in exchange.Small) Grant(claim, new PlacedGroup(claim, null) { Nodes = nodes, Confirmed = true });
            Retry(pool, nodes);
            ServeQueue();
        }
    }

    private void Serve(ClaimState claim)
    {
        var pool = pools[claim.Claim.Pool];
        var nth = claim.Granted + 1;
        var (rank, value) = (claim.RankOf(nth), claim.ValueOf(nth));
        var standing = claim.Standing.Count > 0 ? claim.Standing[^1] : null;
        var place = standing is null ? PlaceSearch.Find(pool, claim, rank, value, preference) : new Place(standing.Nodes, Sacrifice.None);
        if (place is null || limits.Complete(place.Needs, claim) is not { } needs || !needs.Loss.IsWorth(rank, value) || (preference == PlacePreference.Free && !needs.IsEmpty))
        {
            claim.Blocked = true;
            return;
        }

        foreach (var (group, to) in needs.Moves) Move(group, to);
        foreach (var group in needs.Groups) TakeAway(group);
        if (standing is not null)
        {
            claim.Standing.RemoveAt(claim.Standing.Count - 1);
            pool.Confirm(standing);
            claim.Confirmed.Add(standing);
            limits.Grant(claim, 1);
            Enqueue(claim);
        }
        else
        {
            Grant(claim, new PlacedGroup(claim, claim.Unbound.TryDequeue(out var unbound) ? unbound : null) { Nodes = place.Nodes, Confirmed = true });
        }

        if (!needs.IsEmpty) Retry(pool, place.Nodes);
    }

    private void Grant(ClaimState claim, PlacedGroup group)
    {
        pools[claim.Claim.Pool].Put(group);
        claim.Confirmed.Add(group);
        pools[claim.Claim.Pool].Victims.Update(claim);
        limits.Grant(claim, 1);
        Enqueue(claim);
    }

    private void Move(PlacedGroup group, int to)
    {
        var pool = pools[group.Claim.Claim.Pool];
        var among = group.Confirmed ? group.Claim.Confirmed : group.Claim.Standing;
        pool.Remove(group);
        // It is given back where it is and starts anew there.
        var moved = new PlacedGroup(group.Claim, null) { Nodes = [to], Confirmed = group.Confirmed };
        among[among.IndexOf(group)] = moved;
        pool.Put(moved);
    }

    private void TakeAway(PlacedGroup group)
    {
        var claim = group.Claim;
        pools[claim.Claim.Pool].Remove(group);
        (group.Confirmed ? claim.Confirmed : claim.Standing).Remove(group);
        pools[claim.Claim.Pool].Victims.Update(claim);
        if (!group.Confirmed) return;
        limits.Grant(claim, -1);
        Enqueue(claim);
    }

    // Where a larger group made way for a smaller one, there may be room for others that found none before.
    private void Retry(PoolLedger pool, int[] nodes)
    {
        var room = nodes.Max(pool.Room.Free);
        foreach (var claim in claims)
        {
            if (claim.Blocked && claim.Claim.Pool == pool.Pool.Name && claim.Claim.GpusPerNode <= room) Enqueue(claim);
        }
    }
}
