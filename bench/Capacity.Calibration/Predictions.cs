using Nemotron.Planning.Capacity;
using Nemotron.Planning.Serving;

namespace Nemotron.Capacity.Calibration;

/// <summary>Predicts many rows on all cores.</summary>
public static class Predictions
{
    public static PredictedRow[] Of(IReadOnlyList<MeasuredRow> rows, CapacityParameters parameters)
    {
        var predicted = new PredictedRow[rows.Count];
        Parallel.For(0, rows.Count, at => predicted[at] = PredictedRow.Of(rows[at], parameters));
        return predicted;
    }
}
