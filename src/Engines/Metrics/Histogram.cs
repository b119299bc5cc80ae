namespace Nemotron.Engines.Metrics;

/// <summary>A cumulative histogram of durations in seconds, as Prometheus counts: each bucket holds what is at most its bound.</summary>
public sealed class Histogram
{
    private readonly double[] _bounds;
    private readonly double[] _counts;

    /// <param name="bounds">Upper bounds in seconds, rising; the last is +∞ unless there are none.</param>
    /// <param name="counts">Observations at most each bound, never falling.</param>
    /// <param name="sum">Sum of all observations, seconds; NaN when unknown.</param>
    /// <param name="count">How many observations.</param>
    /// <exception cref="ArgumentException">The bounds or counts are not in order.</exception>
    public Histogram(ReadOnlySpan<double> bounds, ReadOnlySpan<double> counts, double sum, double count)
    {
        if (bounds.Length != counts.Length) throw new ArgumentException("As many counts as bounds are needed.", nameof(counts));
        for (var i = 1; i < bounds.Length; i++)
        {
            if (!(bounds[i] > bounds[i - 1])) throw new ArgumentException("Bounds must rise.", nameof(bounds));
            if (counts[i] < counts[i - 1]) throw new ArgumentException("Counts are cumulative and must not fall.", nameof(counts));
        }

        _bounds = bounds.ToArray();
        _counts = counts.ToArray();
        Sum = sum;
        Count = count;
    }

    /// <summary>Sum of all observations in seconds; NaN when not reported.</summary>
    public double Sum { get; }

    /// <summary>How many observations.</summary>
    public double Count { get; }

    /// <summary>Upper bounds in seconds, rising; empty when only sum and count are reported.</summary>
    public IReadOnlyList<double> Bounds => _bounds;

    /// <summary>Observations at most each bound.</summary>
    public IReadOnlyList<double> Counts => _counts;

    /// <summary>The mean in seconds; null without observations or without a sum.</summary>
    public double? Mean => Count > 0 && double.IsFinite(Sum) ? Sum / Count : null;

    /// <summary>
    /// The value below which a share <paramref name="q"/> (0 to 1) of the observations lies, linear within its bucket, as Prometheus'
    /// <c>histogram_quantile</c>: past the last finite bound it is that bound. Null without observations or buckets.
    /// </summary>
    public double? Quantile(double q)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(q, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(q, 1);
        if (_counts.Length == 0 || !(_counts[^1] > 0)) return null;
        var rank = q * _counts[^1];
        var i = Array.FindIndex(_counts, c => c >= rank);
        if (double.IsPositiveInfinity(_bounds[i])) return i == 0 ? null : _bounds[i - 1];
        if (i == 0 && _bounds[0] <= 0) return _bounds[0];
        var (low, below) = i == 0 ? (0, 0) : (_bounds[i - 1], _counts[i - 1]);
        // Rounding must not lift it over its bucket.
        return _counts[i] == below ? low : Math.Min(_bounds[i], low + ((_bounds[i] - low) * ((rank - below) / (_counts[i] - below))));
    }

    /// <summary>What was observed since <paramref name="earlier"/>; this itself when the engine restarted in between (a count fell) or the buckets differ.</summary>
    public Histogram Since(Histogram earlier)
    {
        if (earlier.Count > Count || !_bounds.AsSpan().SequenceEqual(earlier._bounds)) return this;
        var counts = new double[_counts.Length];
        for (var i = 0; i < counts.Length; i++)
        {
            counts[i] = _counts[i] - earlier._counts[i];
            if (counts[i] < 0 || (i > 0 && counts[i] < counts[i - 1])) return this;
        }

        return new Histogram(_bounds, counts, Sum - earlier.Sum, Count - earlier.Count);
    }
}
