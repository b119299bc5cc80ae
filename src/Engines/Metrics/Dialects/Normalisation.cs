using System.Globalization;
using Nemotron.Engines.Metrics.Exposition;

namespace Nemotron.Engines.Metrics.Dialects;

/// <summary>One scrape put into the normal form by one dialect's rules.</summary>
internal sealed class Normalisation(MetricDialect dialect, DialectChoice choice, MetricFamilies families)
{
    private readonly Signal[] _scalars = new Signal[(int)EngineSignal.TimeToFirstToken];

    public EngineSignals Run()
    {
        // Computed signals need the others: two passes.
        for (var signal = EngineSignal.Running; signal < EngineSignal.TimeToFirstToken; signal++)
            if (Reported(signal) is { } reported) _scalars[(int)signal] = reported;
        for (var signal = EngineSignal.Running; signal < EngineSignal.TimeToFirstToken; signal++)
            if (dialect.Rules[signal].Derived is { } derived && Reported(signal) is null) _scalars[(int)signal] = Derive(derived);

        var distributions = new DistributionSignal[EngineSignal.RequestTime - EngineSignal.TimeToFirstToken + 1];
        for (var signal = EngineSignal.TimeToFirstToken; signal <= EngineSignal.RequestTime; signal++)
            distributions[signal - EngineSignal.TimeToFirstToken] = Distribution(dialect.Rules[signal]);
        return new EngineSignals(choice, _scalars, distributions);
    }

    /// <summary>What the answer says of a signal, if only why it says nothing; null when it is to be computed.</summary>
    private Signal? Reported(EngineSignal signal)
    {
        var rule = dialect.Rules[signal];
        if (rule.Unreported is { } why) return Signal.Unknown(why);
        foreach (var source in rule.Sources)
        {
            var series = Matching(families[source.Metric], source);
            if (series.Count == 0) continue;
            var value = Combined(series, source) * source.Scale;
            // The C++ reporter assigns values by position, so a missing key shifts the others onto wrong labels.
            if (!double.IsFinite(value) || value < 0) return Signal.Unknown($"{source.Metric} is {Text(value)}, which is no count");
            if (signal == EngineSignal.KvUsedFraction && value > 1.001) return Signal.Unknown($"{source.Metric} is {Text(value)}, which is no fraction");
            return Signal.Known(value);
        }

        return rule.Derived is null ? Signal.Unknown(Missing(rule)) : null;
    }

    private Signal Derive((EngineSignal Left, char Operator, EngineSignal Right) rule)
    {
        var (left, right) = (_scalars[(int)rule.Left], _scalars[(int)rule.Right]);
        if (!left.IsKnown) return Signal.Unknown(left.UnknownBecause);
        if (!right.IsKnown) return Signal.Unknown(right.UnknownBecause);
        if (rule.Operator == '*') return Signal.Known(left.Value!.Value * right.Value!.Value);
        return right.Value > 0 ? Signal.Known(left.Value!.Value / right.Value.Value) : Signal.Unknown($"{rule.Right} is 0");
    }

    private DistributionSignal Distribution(SignalRule rule)
    {
        if (rule.Unreported is { } why) return DistributionSignal.Unknown(why);
        foreach (var source in rule.Sources)
            if (ReadHistogram(source) is { } histogram) return DistributionSignal.Known(histogram);
        return DistributionSignal.Unknown(Missing(rule));
    }

    private Histogram? ReadHistogram(SignalSource source)
    {
        var buckets = Matching(families[$"{source.Metric}_bucket"], source);
        // Triton's manual prints its buckets under the bare name.
        if (buckets.Count == 0) buckets = [.. Matching(families[source.Metric], source).Where(s => s.Label("le") is not null)];
        var counts = Matching(families[$"{source.Metric}_count"], source);
        if (buckets.Count == 0 && counts.Count == 0) return null;

        var byBound = new SortedDictionary<double, List<Series>>();
        foreach (var bucket in buckets)
        {
            if (!TryReadBound(bucket.Label("le"), out var bound)) continue;
            if (!byBound.TryGetValue(bound, out var list)) byBound.Add(bound, list = []);
            list.Add(bucket);
        }

        var bounds = byBound.Keys.Select(b => b * source.Scale).ToArray();
        var cumulative = byBound.Values.Select(s => Combined(s, source)).ToArray();
        // The engine counts while it writes: a later bucket may lag an earlier one by an observation.
        for (var i = 1; i < cumulative.Length; i++) cumulative[i] = Math.Max(cumulative[i], cumulative[i - 1]);

        var sums = Matching(families[$"{source.Metric}_sum"], source);
        var sum = sums.Count == 0 ? double.NaN : Combined(sums, source) * source.Scale;
        var count = counts.Count > 0 ? Combined(counts, source) : cumulative.Length > 0 ? cumulative[^1] : 0;
        return double.IsFinite(count) && cumulative.All(double.IsFinite) ? new Histogram(bounds, cumulative, sum, count) : null;
    }

    private static List<Series> Matching(IReadOnlyList<Series> series, SignalSource source) =>
        source.Match is { } match ? [.. series.Where(s => match.Admits(s.Label(match.Label)))] : [.. series];

    /// <summary>Processes first, then the rest.</summary>
    private static double Combined(List<Series> series, SignalSource source)
    {
        if (series.Count == 1) return series[0].Value;
        var merged = series.GroupBy(WithoutProcess).Select(g => (Model: ModelOf(g.First()), Value: source.ProcessesAddUp ? g.Sum(s => s.Value) : g.Max(s => s.Value)));
        return source.Across switch
        {
            Combine.Sum => merged.Sum(s => s.Value),
            Combine.Max => merged.Max(s => s.Value),
            _ => merged.GroupBy(s => s.Model).Max(g => g.Sum(s => s.Value)),
        };
    }

    private static string ModelOf(Series series) => series.Label("model") ?? "";

    private static string WithoutProcess(Series series) =>
        string.Join('\u0001', series.Labels.Where(l => l.Key != "pid").OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}\u0002{l.Value}"));

    private string Missing(SignalRule rule)
    {
        var names = string.Join(" or ", rule.Sources.Select(s => s.Metric));
        var cut = families.MalformedLines > 0 ? $"; {families.MalformedLines} lines of the answer were malformed" : "";
        return $"{dialect.Title} shows no series of {names} yet, or this version has none{cut}";
    }

    private static bool TryReadBound(string? le, out double bound)
    {
        bound = 0;
        if (le is null || le.Length > 32) return false;
        Span<byte> utf8 = stackalloc byte[96];
        var length = System.Text.Encoding.UTF8.GetBytes(le, utf8);
        return SampleLine.TryReadNumber(utf8[..length], out bound) && !double.IsNaN(bound);
    }

    private static string Text(double value) => value.ToString("G6", CultureInfo.InvariantCulture);
}
