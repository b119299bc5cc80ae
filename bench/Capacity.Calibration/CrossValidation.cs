using Nemotron.Planning.Capacity;
using Nemotron.Planning.Serving;

namespace Nemotron.Capacity.Calibration;

/// <summary>Fits without some rows and predicts those.</summary>
public static class CrossValidation
{
    /// <summary>Ways to split the rows: what is left out is predicted by a fit to the rest.</summary>
    public static IReadOnlyList<(string Name, Func<MeasuredRow, string> Key)> Splits { get; } =
    [
        ("model", row => row.Replica.Model.Name),
        ("GPU", row => row.Replica.Gpu.Name),
        ("engine", row => row.Replica.Engine.ToString()),
    ];

    /// <summary>The errors of each left-out part.</summary>
    public static IEnumerable<(string LeftOut, PredictedRow[] Errors)> Run(
        IReadOnlyList<MeasuredRow> rows, Func<MeasuredRow, string> key, CapacityParameters parameters)
    {
        foreach (var part in rows.GroupBy(key).OrderBy(part => part.Key, StringComparer.Ordinal))
        {
            var fit = Fit.To([.. rows.Where(row => key(row) != part.Key)], parameters);
            yield return (part.Key, Predictions.Of([.. part], fit.Parameters));
        }
    }
}
