using Nemotron.Planning.Capacity;

namespace Nemotron.Planning.Serving;

/// <summary>A measured row and what is predicted for it. Ratios are predicted to measured; null where either is missing.</summary>
/// <param name="Row">The row.</param>
/// <param name="Prediction">The prediction.</param>
public sealed record PredictedRow(MeasuredRow Row, ReplicaPrediction Prediction)
{
    /// <summary>Predicted mean time to first token in milliseconds; null where nothing can be predicted.</summary>
    public double? TtftMs => Prediction.Result?.TimeToFirstToken.TotalMilliseconds;

    /// <summary>Predicted mean time per output token in milliseconds; null where nothing can be predicted.</summary>
    public double? TpotMs => Prediction.Result?.TimePerOutputToken.TotalMilliseconds;

    /// <summary>Predicted to measured TTFT.</summary>
    public double? TtftRatio => TtftMs / Row.TtftMs;

    /// <summary>Predicted to measured TPOT.</summary>
    public double? TpotRatio => TpotMs / Row.TpotMs;

    /// <summary>Predicts a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="parameters">Efficiencies and engines; null takes <see cref="CapacityParameters.Default"/>.</param>
    /// <exception cref="UnknownRateException">The GPU's file lacks a rate that is needed.</exception>
    public static PredictedRow Of(MeasuredRow row, CapacityParameters? parameters = null) =>
        new(row, Predictor.Predict(new PredictionRequest { Replica = row.Replica, Load = row.Load }, parameters));

    /// <summary>The median of |ratio − 1|; null where no ratio is known.</summary>
    /// <param name="ratios">Ratios of predicted to measured.</param>
    public static double? MedianError(IEnumerable<double?> ratios) => Median(ratios.OfType<double>().Select(ratio => Math.Abs(ratio - 1)));

    /// <summary>The median; null of nothing.</summary>
    /// <param name="values">The values.</param>
    public static double? Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        if (sorted.Length == 0) return null;
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : 0.5 * (sorted[middle - 1] + sorted[middle]);
    }
}
