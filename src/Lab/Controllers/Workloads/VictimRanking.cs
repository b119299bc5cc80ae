namespace Nemotron.Lab.Controllers.Workloads;

/// <summary>
/// Which pod a ReplicaSet gives up first, in the order of the real controller: unbound before bound; pending before unknown before
/// running; not ready before ready; lower deletion cost first; crowded nodes first; the more recently ready first (by powers of two of
/// age, then by uid, so that age is a hint and not a rule); more restarts first; the younger first (same scale).
/// </summary>
/// <param name="crowding">Active pods of the same application per node.</param>
/// <param name="now">The time ages are taken at.</param>
internal sealed class VictimRanking(IReadOnlyDictionary<string, int> crowding, DateTimeOffset now) : IComparer<PodFacts>
{
    /// <summary>Negative when <paramref name="x"/> is to be deleted before <paramref name="y"/>.</summary>
    public int Compare(PodFacts? x, PodFacts? y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        var order = (x.NodeName is not null).CompareTo(y.NodeName is not null);
        if (order == 0) order = PhaseRank(x).CompareTo(PhaseRank(y));
        if (order == 0) order = x.Ready.CompareTo(y.Ready);
        if (order == 0) order = x.DeletionCost.CompareTo(y.DeletionCost);
        if (order == 0) order = Crowd(y).CompareTo(Crowd(x));
        if (order == 0 && x.ReadySince is { } readyX && y.ReadySince is { } readyY && readyX != readyY) return ByAge(readyX, readyY, x, y);
        if (order == 0) order = y.Restarts.CompareTo(x.Restarts);
        if (order == 0 && x.Created != y.Created) return ByAge(x.Created, y.Created, x, y);
        return order != 0 ? order : string.CompareOrdinal(x.Uid, y.Uid);
    }

    private static int PhaseRank(PodFacts pod) => pod.Phase switch { "Pending" => 0, "Unknown" => 1, _ => 2 };

    private int Crowd(PodFacts pod) => pod.NodeName is { } node ? crowding.GetValueOrDefault(node) : 0;

    private int ByAge(DateTimeOffset left, DateTimeOffset right, PodFacts x, PodFacts y)
    {
        var order = Magnitude(left).CompareTo(Magnitude(right));
        return order != 0 ? order : string.CompareOrdinal(x.Uid, y.Uid);
    }

    private int Magnitude(DateTimeOffset since)
    {
        // Nanoseconds, as the real controller takes the logarithm of a duration in them.
        var nanoseconds = (now - since).Ticks * 100;
        return nanoseconds > 0 ? (int)Math.Log2(nanoseconds) : -1;
    }
}
