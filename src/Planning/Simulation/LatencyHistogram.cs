using System.Numerics;

namespace Nemotron.Planning.Simulation;

/// <summary>A histogram of seconds with buckets a tenth apart, from 1 ms to about 20 minutes; a quantile is read as PromQL's <c>histogram_quantile</c> reads it.</summary>
internal sealed class LatencyHistogram
{
    public const int Buckets = 148;
    private const double First = 0.001;
    private static readonly double LogStep = Math.Log(1.1);

    private readonly int[] _counts = new int[Buckets];

    public void Add(double seconds) => _counts[Bucket(seconds)]++;


    /// <summary>Adds what has been counted between two copies.</summary>
    public static void AddIncrease(int[] sums, int[] earlier, int[] later)
    {
        var i = 0;
        for (; i <= Buckets - Vector<int>.Count; i += Vector<int>.Count) (new Vector<int>(sums, i) + new Vector<int>(later, i) - new Vector<int>(earlier, i)).CopyTo(sums, i);
        for (; i < Buckets; i++) sums[i] += later[i] - earlier[i];
    }

    public int[] Copy() => (int[])_counts.Clone();

    /// <summary>A quantile of counted seconds; null where nothing was counted.</summary>
    /// <param name="counts">Counts per bucket.</param>
    /// <param name="quantile">In (0, 1).</param>
    public static double? Quantile(ReadOnlySpan<int> counts, double quantile)
    {
        long total = 0;
        foreach (var count in counts) total += Math.Max(0, count);
        if (total == 0) return null;
        var rank = quantile * total;
        long below = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            var count = Math.Max(0, counts[i]);
            if (count > 0 && below + count >= rank)
            {
                var lower = i == 0 ? 0 : First * Math.Exp(LogStep * (i - 1));
                var upper = First * Math.Exp(LogStep * i);
                return lower + (upper - lower) * (rank - below) / count;
            }
            below += count;
        }
        return First * Math.Exp(LogStep * (counts.Length - 1));
    }

    // Bucket i ends at First * 1.1^i.
    private static int Bucket(double seconds) =>
        seconds <= First ? 0 : Math.Min(Buckets - 1, (int)Math.Ceiling(Math.Log(seconds / First) / LogStep));
}
