using CsCheck;
using Nemotron.Controllers.Scaling;

namespace Nemotron.Controllers.Tests.Scaling;

/// <summary>Quantiles and shares of a cumulative histogram, as PromQL works them out.</summary>
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
    public void Nothing_seen_has_no_quantile_and_no_share()
    {
        new LatencyBuckets().Quantile(0.9).ShouldBeNull();
        Histogram((0.1, 0), (double.PositiveInfinity, 0)).Quantile(0.9).ShouldBeNull();
        Histogram((0.1, 0), (double.PositiveInfinity, 0)).Within(1).ShouldBeNull();
    }

    [Fact]
    public void The_share_within_a_quantile_is_that_quantiles_share() => Gen.Select(Gen.Double[0.05, 0.95], Gen.Double[0.1, 10].Array[2, 8]).Sample((share, widths) =>
    {
        var histogram = new LatencyBuckets();
        double le = 0, rate = 0;
        foreach (var width in widths) histogram.Add(le += width, rate += width);
        histogram.Add(double.PositiveInfinity, rate);
        histogram.Within(histogram.Quantile(share)!.Value)!.Value.ShouldBe(share, 1e-9);
    }, iter: 500);

    private static LatencyBuckets Histogram(params (double Le, double Rate)[] buckets)
    {
        var histogram = new LatencyBuckets();
        foreach (var (le, rate) in buckets) histogram.Add(le, rate);
        return histogram;
    }
}
