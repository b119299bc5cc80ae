using System.Globalization;
using Nemotron.Planning.Serving;
using Spectre.Console;

namespace Nemotron.Cli.Predictions;

/// <summary>Predictions for measured rows, by group: medians of |predicted / measured − 1| and of the ratio.</summary>
internal static class ComparisonTable
{
    public static void Write(Terminal terminal, IReadOnlyList<PredictedRow> rows)
    {
        var table = Terminal.Columns("GROUP", "ROWS", "REFUSED", "TTFT-ERROR", "TTFT-RATIO", "TPOT-ERROR", "TPOT-RATIO");
        foreach (var group in rows.GroupBy(row => row.Row.Group).OrderBy(group => group.Key, StringComparer.Ordinal)) Add(group.Key, [.. group]);
        Add("all", rows);
        terminal.Rows().Write(table);

        void Add(string name, IReadOnlyList<PredictedRow> group) => table.AddRow(
            Markup.Escape(name),
            group.Count.ToString(CultureInfo.InvariantCulture),
            group.Count(row => row.Prediction.Result is null).ToString(CultureInfo.InvariantCulture),
            Percent(PredictedRow.MedianError(group.Select(row => row.TtftRatio))),
            Ratio(group.Select(row => row.TtftRatio)),
            Percent(PredictedRow.MedianError(group.Select(row => row.TpotRatio))),
            Ratio(group.Select(row => row.TpotRatio)));
    }

    private static string Percent(double? share) => share is { } known ? (100 * known).ToString("0.0", CultureInfo.InvariantCulture) + " %" : "-";

    private static string Ratio(IEnumerable<double?> ratios) => PredictedRow.Median(ratios.OfType<double>())?.ToString("0.00", CultureInfo.InvariantCulture) ?? "-";
}

/// <summary>One row as <c>-o json</c> and <c>-o yaml</c> write it.</summary>
internal sealed record ComparedRow(PredictReport Predicted, double? MeasuredTtftMs, double? MeasuredTpotMs)
{
    public static ComparedRow Of(PredictedRow row) => new(
        PredictReport.Of(new PredictionRequest { Replica = row.Row.Replica, Load = row.Row.Load }, row.Prediction), row.Row.TtftMs, row.Row.TpotMs);
}
