using Nemotron.Planning.Placement;

namespace Nemotron.Planning.Pools;

/// <summary>Free GPUs of nodes that are there, on their way, or could be asked for, while waiting groups are put on them: each group whole, the largest pods first, into the tightest place.</summary>
internal sealed class WaitingRoom
{
    private readonly List<Place> _places = [];
    private readonly int _nodeGpus;
    private readonly int _mostNew;

    /// <summary>Takes in what there is.</summary>
    /// <param name="demand">The pool.</param>
    /// <param name="mayReopen">Whether nodes that were closed to be given back may still be used.</param>
    public WaitingRoom(PoolDemand demand, bool mayReopen)
    {
        _nodeGpus = demand.NodeGpus;
        _mostNew = Math.Max(0, demand.MaxNodes - demand.Requested);
        foreach (var node in demand.Nodes.OrderBy(node => node.Name, StringComparer.Ordinal))
        {
            var free = Math.Max(0, node.Gpus - node.Allocated);
            // Closed ones no later than others: opened again, they would hold other groups at the next look than at this one.
            if (node.State is PoolNodeState.Usable or PoolNodeState.Starting || (node.State == PoolNodeState.Leaving && mayReopen)) _places.Add(new Place(node.Name, node.Domain, free, rank: 0));
        }

        for (var i = demand.Nodes.Count; i < demand.Requested; i++) _places.Add(new Place($"on-its-way-{i}", null, _nodeGpus, rank: 1));
    }

    /// <summary>Nodes beyond those asked for that the groups put so far take.</summary>
    public int New { get; private set; }

    /// <summary>Names of the nodes that groups were put on.</summary>
    public HashSet<string> Used { get; } = new(StringComparer.Ordinal);

    /// <summary>Puts a group on nodes; null when there is no room for all of it, and then nothing is taken.</summary>
    public GroupPlacement? Put(WaitingGroup group)
    {
        var shape = group.Unplaced;
        // One pod goes anywhere; of several, all into one NVLink domain where nodes are in one. Nodes that are there come first, whether others have been asked for
        // already or are about to be: else the same groups would take other places at the next look, and more nodes.
        var found = shape.Pods == 1
            ? Fill(_places, shape, mayGrow: true)
            : _places.Where(place => place.IsThere).GroupBy(place => place.Domain).OrderBy(domain => domain.Key, StringComparer.Ordinal)
                .Select(domain => Fill([.. domain], shape, mayGrow: false)).FirstOrDefault(places => places is not null)
              ?? Fill([.. _places.Where(place => place.Domain is null)], shape, mayGrow: true);
        if (found is null) return null;
        foreach (var place in found)
        {
            if (!_places.Contains(place))
            {
                _places.Add(place);
                New++;
            }

            place.Free -= shape.GpusPerPod;
            Used.Add(place.Name);
        }

        return new GroupPlacement(group.Name, [.. found.Select(place => place.Name)]);
    }

    private List<Place>? Fill(List<Place> places, GroupShape shape, bool mayGrow)
    {
        var taken = new Dictionary<Place, int>();
        var found = new List<Place>();
        var added = 0;
        for (var pod = 0; pod < shape.Pods; pod++)
        {
            var place = places.Concat(found.Where(one => !places.Contains(one)).Distinct())
                .Where(one => one.Free - taken.GetValueOrDefault(one) >= shape.GpusPerPod)
                .MinBy(one => (one.Rank, one.Free - taken.GetValueOrDefault(one)));
            if (place is null)
            {
                if (!mayGrow || shape.GpusPerPod > _nodeGpus || New + added >= _mostNew) return null;
                added++;
                place = new Place($"new-{New + added}", null, _nodeGpus, rank: 2);
            }

            taken[place] = taken.GetValueOrDefault(place) + shape.GpusPerPod;
            found.Add(place);
        }

        return found;
    }

    // Rank: what is there before what is on its way, then what must be asked for.
    private sealed class Place(string name, string? domain, int free, int rank)
    {
        public string Name { get; } = name;

        public string? Domain { get; } = domain;

        public int Rank { get; } = rank;

        public bool IsThere => Rank == 0;

        public int Free { get; set; } = free;
    }
}
