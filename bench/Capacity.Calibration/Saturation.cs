using Nemotron.Planning.Serving;

namespace Nemotron.Capacity.Calibration;

/// <summary>
/// Where queueing starts: the concurrency at which TTFT has grown to three times that of the sweep's first point, interpolated between points
/// on logarithmic scales.
/// </summary>
public static class Saturation
{
    private const double Takeoff = 3;

    /// <summary>The saturation point of a curve; null if it does not get there.</summary>
    /// <param name="curve">Concurrency and TTFT, by concurrency.</param>
    public static double? Of(IReadOnlyList<(int Concurrency, double Ttft)> curve)
    {
        var threshold = Takeoff * curve[0].Ttft;
        for (var i = 1; i < curve.Count; i++)
        {
            if (curve[i].Ttft < threshold) continue;
            var (left, right) = (curve[i - 1], curve[i]);
            var part = Math.Log(threshold / left.Ttft) / Math.Log(right.Ttft / left.Ttft);
            return left.Concurrency * Math.Pow((double)right.Concurrency / left.Concurrency, part);
        }
        return null;
    }

    /// <summary>Rows by sweep, of which there are at least three points.</summary>
    public static IEnumerable<SweepSaturation> Sweeps(IReadOnlyList<PredictedRow> errors) => errors
        .Where(error => error.Row.TtftMs is not null && error.TtftMs is not null)
        .GroupBy(error => error.Row.Sweep)
        .Select(sweep => (sweep.Key, Points: sweep.DistinctBy(error => error.Row.Load.Concurrency).OrderBy(error => error.Row.Load.Concurrency).ToArray()))
        .Where(sweep => sweep.Points.Length >= 3)
        .Select(sweep => new SweepSaturation(
            sweep.Key,
            sweep.Points[^1].Row.Load.Concurrency,
            Of([.. sweep.Points.Select(point => (point.Row.Load.Concurrency, point.Row.TtftMs!.Value))]),
            Of([.. sweep.Points.Select(point => (point.Row.Load.Concurrency, point.TtftMs!.Value))])));

    /// <summary>The rows below the measured saturation of their sweep; rows of a sweep too short to tell count as below.</summary>
    public static PredictedRow[] Below(IReadOnlyList<PredictedRow> errors)
    {
        var measured = Sweeps(errors).ToDictionary(sweep => sweep.Sweep, sweep => sweep.Measured ?? double.PositiveInfinity);
        return [.. errors.Where(error => error.Row.Load.Concurrency < measured.GetValueOrDefault(error.Row.Sweep, double.PositiveInfinity))];
    }
}

/// <summary>The saturation of one sweep, as measured and as predicted; null where TTFT does not take off within it.</summary>
public sealed record SweepSaturation(string Sweep, int Largest, double? Measured, double? Predicted)
{
    /// <summary>How far the prediction is off, as a share of what was measured. A point beyond the sweep counts as its end.</summary>
    public double? Off => (Measured, Predicted) switch
    {
        (null, null) => null,
        var (measured, predicted) => Math.Abs((predicted ?? Largest) / (measured ?? Largest) - 1),
    };
}
