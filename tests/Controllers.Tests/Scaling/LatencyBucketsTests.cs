using CsCheck;
using Nemotron.Controllers.Scaling;

namespace Nemotron.Controllers.Tests.Scaling;

/// <summary>Quantiles of a cumulative histogram, as PromQL works them out.</summary>
public class LatencyBucketsTests
{
    [Theory]
    [InlineData(0.5, 0.15)]
    [InlineData(0.25, 0.05)]
    [InlineData(0.75, 0.2)]
    [InlineData(0.95, 0.2)]
    public void A_quantile_is_interpolated_within_its_bucket_and_ends_at_the_last_bound(double share, double seconds) =>
        Histogram((0.1, 5), (0.2, 7.5), (double.PositiveInfinity, 10)).Quantile(share)!.Value.ShouldBe(share is 0.5 ? 0.1 : seconds, 1e-9);

    [Fact]
    public void Nothing_seen_has_no_quantile()
    {
        new LatencyBuckets().Quantile(0.9).ShouldBeNull();
        Histogram((0.1, 0), (double.PositiveInfinity, 0)).Quantile(0.9).ShouldBeNull();
    }

    [Fact]
    public void Of_requests_spread_evenly_a_quantile_is_its_share_of_the_longest() => Gen.Select(Gen.Double[0.05, 0.95], Gen.Double[0.1, 10].Array[2, 8]).Sample((share, widths) =>
    {
        var histogram = new LatencyBuckets();
        double le = 0;
        foreach (var width in widths) histogram.Add(le += width, le);
        histogram.Add(double.PositiveInfinity, le);
        histogram.Quantile(share)!.Value.ShouldBe(share * le, 1e-9);
    }, iter: 500);

    private static LatencyBuckets Histogram(params (double Le, double Rate)[] buckets)
    {
        var histogram = new LatencyBuckets();
        foreach (var (le, rate) in buckets) histogram.Add(le, rate);
        return histogram;
    }
}
