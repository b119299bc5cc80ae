namespace Nemotron.Lab.Engines;

/// <summary>Counts observations in buckets, as a Prometheus histogram. Not thread-safe.</summary>
/// <param name="bounds">Upper bounds in ascending order, without infinity.</param>
internal sealed class Histogram(IReadOnlyList<double> bounds)
{
    private readonly long[] counts = new long[bounds.Count + 1];

    /// <summary>Upper bounds, without infinity.</summary>
    public IReadOnlyList<double> Bounds { get; } = bounds;

    /// <summary>Observations.</summary>
    public long Count { get; private set; }

    /// <summary>Their sum.</summary>
    public double Sum { get; private set; }

    /// <summary>Counts an observation.</summary>
    public void Observe(double value)
    {
        var bucket = 0;
        while (bucket < Bounds.Count && value > Bounds[bucket]) bucket++;
        counts[bucket]++;
        Count++;
        Sum += value;
    }

    /// <summary>Observations at or below a bound, by its place.</summary>
    public long Cumulative(int bound)
    {
        var sum = 0L;
        for (var i = 0; i <= bound; i++) sum += counts[i];
        return sum;
    }
}
