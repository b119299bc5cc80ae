using System.Globalization;
using Nemotron.Engines.Metrics.Dialects;

namespace Nemotron.Engines.Metrics.PromQl;

/// <summary>Over which series and how far back a query looks.</summary>
/// <param name="Matchers">
/// Label matchers for the fleet, as between PromQL's braces: <c>namespace=~"models|chat",pod=~"super-.*"</c>. Select by pod, not by
/// <c>model_name</c>, which is "undefined" on older engines. "" for every series.
/// </param>
/// <param name="Window">How far back rates look; at least four scrapes, and for engines that count at completion longer than a request takes.</param>
public sealed record QueryScope(string Matchers, TimeSpan Window)
{
    /// <summary>The window in PromQL's words.</summary>
    internal string Range => $"{Math.Max(1, (long)Window.TotalSeconds).ToString(CultureInfo.InvariantCulture)}s";
}

/// <summary>
/// One PromQL query for the whole fleet per signal: a series for each pod with labels <c>namespace</c>, <c>pod</c> and <c>dialect</c>,
/// whatever engines the fleet runs. A pod that reports nothing has no series: unknown, not zero.
/// </summary>
public static class EngineQueries
{
    /// <summary>The label that says which dialect a value was read in: a <see cref="DialectName"/>.</summary>
    public const string DialectLabel = "dialect";

    // The same target scraped under two jobs is one engine; so is a pod that came back under another address within the look-back.
    private const string Duplicates = "job, instance, endpoint, service, container, prometheus";
    private const string ByPod = "by (namespace, pod)";

    /// <summary>The value of a gauge now.</summary>
    /// <exception cref="ArgumentException">No dialect reports <paramref name="signal"/> as a gauge.</exception>
    public static string Gauge(EngineSignal signal, QueryScope scope) =>
        Chain(signal, scope, "gauge", (dialect, rule) => GaugeOf(dialect, rule, scope));

    /// <summary>A counter's increase per second.</summary>
    /// <exception cref="ArgumentException">No dialect reports <paramref name="signal"/> as a counter.</exception>
    public static string Rate(EngineSignal signal, QueryScope scope) =>
        Chain(signal, scope, "counter", (_, rule) => FirstOf(rule, SourceKind.Counter, s => Scaled(s, Combined(s, $"rate({s.Metric}{Braces(s, scope)}[{scope.Range}])"))));

    /// <summary>A distribution's quantile over the window, seconds. <paramref name="q"/>: 0 to 1.</summary>
    /// <exception cref="ArgumentException">No dialect reports <paramref name="signal"/> as a distribution.</exception>
    public static string Quantile(EngineSignal signal, double q, QueryScope scope)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(q, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(q, 1);
        var share = q.ToString("0.####", CultureInfo.InvariantCulture);
        return Chain(signal, scope, "distribution", (_, rule) => FirstOf(rule, SourceKind.Histogram, s =>
            Scaled(s, $"histogram_quantile({share}, sum by (namespace, pod, le) (max without ({Duplicates}) (sum without (pid) (rate({s.Metric}_bucket{Braces(s, scope)}[{scope.Range}])))))")));
    }

    /// <summary>A distribution's mean over the window, seconds.</summary>
    /// <exception cref="ArgumentException">No dialect reports <paramref name="signal"/> as a distribution.</exception>
    public static string Mean(EngineSignal signal, QueryScope scope) =>
        Chain(signal, scope, "distribution", (_, rule) => FirstOf(rule, SourceKind.Histogram, s =>
            Scaled(s, $"{Combined(s, $"rate({s.Metric}_sum{Braces(s, scope)}[{scope.Range}])")} / ({Combined(s, $"rate({s.Metric}_count{Braces(s, scope)}[{scope.Range}])")} > 0)")));

    // NIM 2 is vLLM's series under the same names: one arm is enough.
    private static readonly IReadOnlyList<MetricDialect> Arms = [.. MetricDialects.All.Where(d => d.Name != DialectName.Nim2)];

    /// <summary>Joins what the dialects say of one signal; where a pod speaks two, the first in the list counts.</summary>
    private static string Chain(EngineSignal signal, QueryScope scope, string kind, Func<MetricDialect, SignalRule, string?> expression)
    {
        var arms = Arms.Select((d, i) => (Dialect: d, Text: expression(d, d.Rules[signal]), Shared: SharedWithLater(signal, i)))
            .Where(a => a.Text is not null)
            .Select(a => $"label_replace({(a.Shared ? Guarded(a.Dialect, a.Text!, scope) : a.Text)}, \"{DialectLabel}\", \"{a.Dialect.Name}\", \"\", \"\")")
            .ToList();
        return arms.Count > 0
            ? string.Join("\nor on (namespace, pod)\n", arms)
            : throw new ArgumentException($"No dialect reports {signal} as a {kind}.", nameof(signal));
    }

    private static bool SharedWithLater(EngineSignal signal, int arm)
    {
        var own = Arms[arm].Rules[signal].Sources.Select(s => s.Metric);
        return Arms.Skip(arm + 1).Any(later => later.Rules[signal].Sources.Select(s => s.Metric).Intersect(own).Any());
    }

    /// <summary>Two dialects use the same word: only pods that show one of this one's own.</summary>
    private static string Guarded(MetricDialect dialect, string expression, QueryScope scope) =>
        $"{expression} and on (namespace, pod) {dialect.Markers[0]}{Braces(null, scope)}";

    private static string? GaugeOf(MetricDialect dialect, SignalRule rule, QueryScope scope)
    {
        var direct = FirstOf(rule, SourceKind.Gauge, s => Scaled(s, Combined(s, $"{s.Metric}{Braces(s, scope)}")));
        if (rule.Derived is not { } derived) return direct;
        var left = GaugeOf(dialect, dialect.Rules[derived.Left], scope);
        var right = GaugeOf(dialect, dialect.Rules[derived.Right], scope);
        if (left is null || right is null) return direct;
        var computed = derived.Operator == '*' ? $"({left}) * ({right})" : $"({left}) / (({right}) > 0)";
        return direct is null ? computed : $"({direct} or {computed})";
    }

    private static string? FirstOf(SignalRule rule, SourceKind kind, Func<SignalSource, string> expression)
    {
        var arms = rule.Sources.Where(s => s.Kind == kind).Select(expression).ToList();
        return arms.Count switch { 0 => null, 1 => arms[0], _ => $"({string.Join(" or ", arms)})" };
    }

    /// <summary>Processes, then double scrapes, then the engine's series into one number per pod: as <see cref="Normalisation"/> does for one scrape.</summary>
    private static string Combined(SignalSource source, string selector)
    {
        var merged = $"max without ({Duplicates}) ({(source.ProcessesAddUp ? "sum" : "max")} without (pid) ({selector}))";
        return source.Across switch
        {
            Combine.Sum => $"sum {ByPod} ({merged})",
            Combine.Max => $"max {ByPod} ({merged})",
            _ => $"max {ByPod} (sum by (namespace, pod, model) ({merged}))",
        };
    }

    private static string Scaled(SignalSource source, string expression) =>
        source.Scale == 1 ? expression : $"({expression}) * {source.Scale.ToString("R", CultureInfo.InvariantCulture)}";

    private static string Braces(SignalSource? source, QueryScope scope)
    {
        var own = source?.Match is { } m ? $"{m.Label}{Operator(m)}\"{string.Join('|', m.Values)}\"" : "";
        return (own, scope.Matchers) switch
        {
            ("", "") => "",
            ("", _) => $"{{{scope.Matchers}}}",
            (_, "") => $"{{{own}}}",
            _ => $"{{{own},{scope.Matchers}}}",
        };
    }

    private static string Operator(LabelMatch match) => (match.Values.Length, match.Wanted) switch
    {
        (1, true) => "=",
        (1, false) => "!=",
        (_, true) => "=~",
        _ => "!~",
    };
}
