namespace Nemotron.Planning.Simulation;

/// <summary>The replicas that serve, oldest first, and how many requests each has in flight, side by side: what routing looks through for every request.</summary>
internal sealed class ReadyReplicas
{
    private readonly List<SimulatedReplica> _replicas = [];
    private int[] _inFlight = new int[16];

    /// <summary>How many serve.</summary>
    public int Count => _replicas.Count;

    /// <summary>The one with the fewest requests in flight, of several the oldest; null where none serves.</summary>
    public SimulatedReplica? Least
    {
        get
        {
            var counts = _inFlight.AsSpan(0, _replicas.Count);
            if (counts.IsEmpty) return null;
            var least = 0;
            for (var place = 1; place < counts.Length; place++)
            {
                if (counts[place] < counts[least]) least = place;
            }
            return _replicas[least];
        }
    }

    /// <summary>Takes in a replica that begins to serve.</summary>
    public void Add(SimulatedReplica replica)
    {
        var place = _replicas.Count;
        while (place > 0 && _replicas[place - 1].Id > replica.Id) place--;
        _replicas.Insert(place, replica);
        if (_inFlight.Length < _replicas.Count) Array.Resize(ref _inFlight, 2 * _inFlight.Length);
        Renumber(place);
    }

    /// <summary>Takes out a replica that gets no more requests.</summary>
    public void Remove(SimulatedReplica replica)
    {
        if (replica.Place < 0) return;
        var place = replica.Place;
        _replicas.RemoveAt(place);
        replica.Place = -1;
        Renumber(place);
    }

    /// <summary>A replica has got a request, or one has ended.</summary>
    public void Changed(SimulatedReplica replica)
    {
        if (replica.Place >= 0) _inFlight[replica.Place] = replica.InFlight;
    }

    private void Renumber(int from)
    {
        for (var place = from; place < _replicas.Count; place++)
        {
            _replicas[place].Place = place;
            _inFlight[place] = _replicas[place].InFlight;
        }
    }
}
