namespace Nemotron.Controllers.Scaling;

/// <summary>A cumulative histogram: how many per second were at most so long.</summary>
internal sealed class LatencyBuckets
{
    private readonly SortedList<double, double> _atMost = [];

    /// <summary>Adds to a bucket.</summary>
    /// <param name="le">Its upper bound, in seconds; infinity for the last.</param>
    /// <param name="rate">How many per second.</param>
    public void Add(double le, double rate) => _atMost[le] = _atMost.GetValueOrDefault(le) + rate;

    /// <summary>Adds another histogram of the same buckets.</summary>
    public void Add(LatencyBuckets other)
    {
        foreach (var (le, rate) in other._atMost) Add(le, rate);
    }

    /// <summary>How many per second in all; 0 where there were none.</summary>
    public double Total => _atMost.Count == 0 ? 0 : _atMost.Values[^1];

    /// <summary>The length that a share stays within, as PromQL's <c>histogram_quantile</c> interpolates it; null where there were none.</summary>
    /// <param name="share">In (0, 1).</param>
    public double? Quantile(double share)
    {
        if (!(Total > 0) || !double.IsPositiveInfinity(_atMost.Keys[^1])) return null;
        var rank = share * Total;
        var i = 0;
        while (i < _atMost.Count - 1 && _atMost.Values[i] < rank) i++;
        // Beyond the last finite bound nothing is known but that bound.
        if (double.IsPositiveInfinity(_atMost.Keys[i])) return i == 0 ? null : _atMost.Keys[i - 1];
        var (from, below) = i == 0 ? (0, 0) : (_atMost.Keys[i - 1], _atMost.Values[i - 1]);
        var inside = _atMost.Values[i] - below;
        return inside <= 0 ? _atMost.Keys[i] : from + (_atMost.Keys[i] - from) * (rank - below) / inside;
    }
}
