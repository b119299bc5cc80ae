using CsCheck;
using Nemotron.Engines.Metrics;

namespace Nemotron.Engines.Tests.Metrics;

public class HistogramTests
{
    [Fact]
    public void A_quantile_is_linear_within_its_bucket()
    {
        var h = new Histogram([0.1, 0.5, 1, double.PositiveInfinity], [10, 30, 40, 50], 25, 50);
        h.Quantile(0.2)!.Value.ShouldBe(0.1, 1e-12);
        h.Quantile(0.4)!.Value.ShouldBe(0.3, 1e-12);
        h.Quantile(0.1)!.Value.ShouldBe(0.05, 1e-12);
        h.Quantile(0.99).ShouldBe(1, "past the last finite bound it is that bound");
        h.Mean.ShouldBe(0.5);
    }

    [Fact]
    public void Without_observations_there_is_no_quantile_and_no_mean()
    {
        var none = new Histogram([1, double.PositiveInfinity], [0, 0], 0, 0);
        (none.Quantile(0.5), none.Mean).ShouldBe((null, null));
        var onlyTotals = new Histogram([], [], 12, 4);
        (onlyTotals.Quantile(0.5), onlyTotals.Mean).ShouldBe((null, 3.0));
        new Histogram([1, double.PositiveInfinity], [1, 1], double.NaN, 1).Mean.ShouldBeNull();
    }

    [Fact]
    public void Quantiles_lie_within_their_buckets_and_rise() => Shape.Sample((bounds, steps) =>
    {
        var h = Build(bounds, steps);
        var values = Enumerable.Range(0, 21).Select(i => h.Quantile(i / 20.0)).ToList();
        if (steps.Sum() == 0) values.ShouldAllBe(v => v == null);
        else
        {
            values.ShouldBeInOrder();
            values.ShouldAllBe(v => v >= 0 && v <= bounds.Last() + 1e-9);
        }
    });

    [Fact]
    public void What_came_since_is_the_difference_and_a_restart_is_noticed() => Gen.Select(Shape, Gen.Int[0, 9].Array[1, 8]).Sample((shape, later) =>
    {
        var earlier = Build(shape.Bounds, shape.Steps);
        var sum = shape.Steps.Select((s, i) => s + later[i % later.Length]).ToArray();
        var now = Build(shape.Bounds, sum);
        now.Since(earlier).Count.ShouldBe(now.Count - earlier.Count);
        now.Since(earlier).Counts[^1].ShouldBe(now.Count - earlier.Count);
        if (now.Count > earlier.Count) earlier.Since(now).ShouldBeSameAs(earlier, "counts fell: the engine restarted");
    });

    [Fact]
    public void Disorder_is_refused()
    {
        Should.Throw<ArgumentException>(() => new Histogram([1, 1], [1, 2], 0, 2));
        Should.Throw<ArgumentException>(() => new Histogram([1, 2], [2, 1], 0, 2));
        Should.Throw<ArgumentException>(() => new Histogram([1, 2], [2], 0, 2));
        Should.Throw<ArgumentOutOfRangeException>(() => new Histogram([1], [1], 1, 1).Quantile(1.1));
    }

    private static readonly Gen<(double[] Bounds, int[] Steps)> Shape = Gen.Select(Gen.Double[0.001, 1].Array[1, 8], Gen.Int[0, 50].Array[9], (gaps, steps) =>
    {
        var bounds = gaps.Select((_, i) => gaps.Take(i + 1).Sum()).ToArray();
        return (bounds, steps[..(bounds.Length + 1)]);
    });

    private static Histogram Build(double[] bounds, int[] steps)
    {
        double[] all = [.. bounds, double.PositiveInfinity];
        var counts = steps.Select((_, i) => (double)steps.Take(i + 1).Sum()).ToArray();
        return new Histogram(all, counts, 1, counts[^1]);
    }
}
