using Nemotron.Capacity.Calibration;
using Nemotron.Planning.Capacity;
using Nemotron.Planning.Serving;

namespace Nemotron.Planning.Tests.Serving;

/// <summary>The committed parameters against the measured rows, and against published throughput that nothing is fitted to.</summary>
public sealed class CalibrationTests(ITestOutputHelper output)
{
    [Fact]
    public void Below_saturation_the_rows_are_predicted_within_the_target()
    {
        var below = Saturation.Below(Predictions.Of(Rows(), CapacityParameters.Default));
        var tpot = PredictedRow.MedianError(below.Select(row => row.TpotRatio))!.Value;
        var ttft = PredictedRow.MedianError(below.Select(row => row.TtftRatio))!.Value;
        output.WriteLine(FormattableString.Invariant($"measured: {below.Length} rows below saturation, median error of TPOT {tpot:P1}, of TTFT {ttft:P1}"));
        tpot.ShouldBeLessThan(0.08);
        ttft.ShouldBeLessThan(0.2);
    }

    [Fact]
    public void Most_sweeps_saturate_where_they_were_measured_to()
    {
        var offs = Saturation.Sweeps(Predictions.Of(Rows(), CapacityParameters.Default)).Select(sweep => sweep.Off).OfType<double>().ToArray();
        output.WriteLine(FormattableString.Invariant(
            $"measured: {offs.Length} sweeps saturate, {offs.Average(off => off <= 0.25 ? 1.0 : 0):P0} of them within 25 % of where they were measured to"));
        PredictedRow.Median(offs)!.Value.ShouldBeLessThan(0.25);
        offs.Count(off => off <= 0.25).ShouldBeGreaterThan(2 * offs.Length / 3);
    }

    [Fact]
    public void The_committed_parameters_are_where_the_fit_ends()
    {
        // A fit goes on while a step of any figure gains; four digits are committed, which costs a little.
        var better = Fit.Improvements(Rows(), CapacityParameters.Default, Fit.LastStep);
        foreach (var (figure, gain) in better) output.WriteLine(FormattableString.Invariant($"{figure}: {gain:0.000000}"));
        better.ShouldAllBe(figure => figure.Gain < 2 * Fit.LeastGain);
    }

    [Fact]
    public void Published_throughput_of_other_models_and_gpus_is_predicted()
    {
        using var text = new StringWriter();
        var ratios = PublishedThroughput.Write(text, File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "published-throughput.csv")), CapacityParameters.Default);
        output.WriteLine("measured: published throughput, " + text.ToString().TrimEnd().Split('\n')[^1]);
        ratios.Count.ShouldBe(84);
        PredictedRow.MedianError(ratios.Select(ratio => (double?)ratio))!.Value.ShouldBeLessThan(0.15);
        ratios.Min().ShouldBeGreaterThan(0.7);
        ratios.Max().ShouldBeLessThan(1.5);
    }

    [Theory]
    [InlineData(new[] { 100.0, 200, 400 }, 24.0)]
    [InlineData(new[] { 100.0, 300 }, 16.0)]
    [InlineData(new[] { 100.0, 299 }, null)]
    public void Saturation_is_where_ttft_has_tripled(double[] ttft, double? expected)
    {
        var point = Saturation.Of([.. ttft.Select((value, i) => (8 << i, value))]);
        if (expected is { } concurrency) point!.Value.ShouldBe(concurrency, 0.02 * concurrency);
        else point.ShouldBeNull();
    }

    private static IReadOnlyList<MeasuredRow> Rows() =>
        MeasuredRows.Read("measured-latency.csv", SharedData.Read("measured-latency.csv"), ModelCatalogue.Default, GpuCatalogue.Default);
}
