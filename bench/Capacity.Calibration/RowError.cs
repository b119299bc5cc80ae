using Nemotron.Planning.Capacity;
using Nemotron.Planning.Serving;

namespace Nemotron.Capacity.Calibration;

/// <summary>A row and what is predicted for it; ratios are predicted to measured.</summary>
public sealed record RowError(MeasuredRow Row, ReplicaPrediction Prediction)
{
    public double? TtftMs => Prediction.Result?.TimeToFirstToken.TotalMilliseconds;

    public double? TpotMs => Prediction.Result?.TimePerOutputToken.TotalMilliseconds;

    public double? TtftRatio => TtftMs / Row.TtftMs;

    public double? TpotRatio => TpotMs / Row.TpotMs;

    public static RowError Of(MeasuredRow row, CapacityParameters parameters) =>
        new(row, Predictor.Predict(new PredictionRequest { Replica = row.Replica, Load = row.Load }, parameters));

    public static RowError[] Of(IReadOnlyList<MeasuredRow> rows, CapacityParameters parameters)
    {
        var errors = new RowError[rows.Count];
        Parallel.For(0, rows.Count, at => errors[at] = Of(rows[at], parameters));
        return errors;
    }
}
