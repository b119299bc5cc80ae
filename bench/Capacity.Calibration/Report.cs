using System.Globalization;
using Nemotron.Planning.Serving;

namespace Nemotron.Capacity.Calibration;

/// <summary>Prints errors as medians of |predicted / measured − 1|.</summary>
public static class Report
{
    public static void Groups(TextWriter to, IReadOnlyList<PredictedRow> errors)
    {
        to.WriteLine(Line("group", "rows", "TPOT error", "ratio", "below", "TPOT error", "TTFT error", "ratio"));
        var below = Saturation.Below(errors);
        foreach (var group in errors.GroupBy(error => error.Row.Group).OrderBy(group => group.Key, StringComparer.Ordinal))
            to.WriteLine(GroupLine(group.Key, [.. group], [.. below.Where(error => error.Row.Group == group.Key)]));
        to.WriteLine(GroupLine("all", errors, below));
    }

    public static void Saturations(TextWriter to, IReadOnlyList<PredictedRow> errors)
    {
        var sweeps = Saturation.Sweeps(errors).ToArray();
        var known = sweeps.Where(sweep => sweep.Off is not null).ToArray();
        foreach (var group in sweeps.GroupBy(sweep => sweep.Sweep[..sweep.Sweep.LastIndexOf(" tp", StringComparison.Ordinal)]))
        {
            var offs = group.Select(sweep => sweep.Off).OfType<double>().ToArray();
            to.WriteLine(FormattableString.Invariant(
                $"{group.Key,-52} {group.Count(),4} sweeps, {offs.Length,4} that saturate, {Share(offs),5:P0} of these within 25 %, median off {Median(offs):P0}"));
        }
        to.WriteLine(FormattableString.Invariant(
            $"{"all",-52} {sweeps.Length,4} sweeps, {known.Length,4} that saturate, {Share(known.Select(sweep => sweep.Off!.Value)),5:P0} of these within 25 %, median off {Median(known.Select(sweep => sweep.Off!.Value)):P0}"));

        static double Share(IEnumerable<double> offs) => offs.DefaultIfEmpty(double.NaN).Average(off => off <= 0.25 ? 1.0 : 0.0);
    }

    private static string GroupLine(string name, IReadOnlyList<PredictedRow> all, IReadOnlyList<PredictedRow> below) => Line(
        name, Number(all.Count), Error(all, row => row.TpotRatio), Ratio(all.Select(error => error.TpotRatio)),
        Number(below.Count), Error(below, row => row.TpotRatio), Error(below, row => row.TtftRatio), Ratio(below.Select(error => error.TtftRatio)));

    private static string Error(IEnumerable<PredictedRow> rows, Func<PredictedRow, double?> ratio) =>
        PredictedRow.MedianError(rows.Select(ratio))?.ToString("P1", CultureInfo.InvariantCulture) ?? "-";

    private static string Ratio(IEnumerable<double?> ratios) => Median(ratios.OfType<double>()).ToString("0.00", CultureInfo.InvariantCulture);

    private static double Median(IEnumerable<double> values) => PredictedRow.Median(values) ?? double.NaN;

    private static string Number(int count) => count.ToString(CultureInfo.InvariantCulture);

    private static string Line(params ReadOnlySpan<string> cells)
    {
        var text = cells[0].PadRight(52);
        foreach (var cell in cells[1..]) text += " " + cell.PadLeft(10);
        return text;
    }
}
