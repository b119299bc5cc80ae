using System.Net;
using System.Text;
using Nemotron.Planning.Simulation;

namespace Nemotron.Cli.Simulations;

/// <summary>Runs as one HTML page that needs nothing else: a table, and plots of demand, replicas, cache and latency for each deployment.</summary>
internal static class SimulationPage
{
    private const string Style = """
        body { font: 15px/1.45 system-ui, sans-serif; color: #1b1b1b; background: #fff; max-width: 1000px; margin: 2em auto; padding: 0 1em; }
        h1 { font-size: 1.5em; } h2 { font-size: 1.2em; margin-top: 2em; }
        table { border-collapse: collapse; font-size: 13px; } th, td { padding: 3px 10px 3px 0; text-align: right; border-bottom: 1px solid #ddd; }
        th:first-child, td:first-child, th:last-child, td:last-child { text-align: left; }
        figure { margin: 1.2em 0; } figcaption { font-weight: 600; margin-bottom: 4px; }
        svg { width: 100%; height: auto; font-size: 11px; fill: #555; } svg path { fill: none; stroke-width: 1.6; }
        .grid { stroke: #e4e4e4; } .objective { stroke: #b00; stroke-dasharray: 6 4; }
        """;

    public static string Of(IReadOnlyList<SimulatedRun> runs)
    {
        var page = new StringBuilder();
        page.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>Autoscaling, simulated</title>\n<style>\n")
            .Append(Style).Append("\n</style>\n</head>\n<body>\n<h1>Autoscaling, simulated</h1>\n")
            .Append("<p>Everything on this page is simulated in virtual time: replicas, engines, scrapes and start-up times. No GPU was used.</p>\n");
        foreach (var deployment in runs.GroupBy(run => run.Deployment)) Deployment(page, deployment.Key, [.. deployment]);
        return page.Append("</body>\n</html>\n").ToString();
    }

    private static void Deployment(StringBuilder page, string name, IReadOnlyList<SimulatedRun> runs)
    {
        var scenario = runs[0].Scenario;
        var spec = scenario.Model.Spec;
        page.Append(Text($"<h2>{Encoded(name)}</h2>\n<p>{Encoded(spec.Model.DisplayName)}, {spec.Precision}, {scenario.GpusPerReplica} × {Encoded(spec.Gpu.Name)} a replica; {scenario.Trace.Count} requests in {scenario.Trace[^1].Sent.TotalMinutes:0} minutes; a replica takes {scenario.StartUp.TotalSeconds:0} s to start. "))
            .Append(Text($"A request is good within {scenario.TtftObjective.TotalSeconds:0.###} s to its first token and {scenario.ItlObjective.TotalMilliseconds:0.#} ms a token.</p>\n"));
        Table(page, runs);
        var drawn = runs.Where(run => run.Outcome is not null).ToArray();
        if (drawn.Length == 0) return;
        var first = drawn[0].Outcome!.Timeline;
        page.Append(SvgPlot.Of("Demand, as scraped", "requests/s", [Line("not thinking", first, at => at.ArrivalsOff), Line("thinking", first, at => at.ArrivalsOn)]));
        page.Append(SvgPlot.Of("Replicas asked for", "replicas", Lines(drawn, at => at.Wanted, steps: true)));
        page.Append(SvgPlot.Of("Replicas that take GPUs, loading and draining included", "replicas", Lines(drawn, at => at.Existing, steps: true)));
        page.Append(SvgPlot.Of("KV cache in use", "%", Lines(drawn, at => 100 * at.KvUsed)));
        page.Append(SvgPlot.Of(Text($"Time to first token, {scenario.Spec.LatencyPercentile:0}th percentile of a minute"), "s", Lines(drawn, at => at.TtftSeconds), scenario.TtftObjective.TotalSeconds));
        page.Append(SvgPlot.Of(Text($"Time between tokens, {scenario.Spec.LatencyPercentile:0}th percentile of a minute"), "ms", Lines(drawn, at => 1000 * at.ItlSeconds), scenario.ItlObjective.TotalMilliseconds));
        page.Append(SvgPlot.Of("Requests that wait", "requests", Lines(drawn, at => at.Queue)));
    }

    private static void Table(StringBuilder page, IReadOnlyList<SimulatedRun> runs)
    {
        page.Append("<table>\n<tr><th>policy</th><th>GPU-hours</th><th>goodput</th><th>TTFT p50</th><th>TTFT p99</th><th>ITL p50</th><th>ITL p99</th><th>scale events</th><th>worst queue</th><th>wasted</th><th>parameters</th></tr>\n");
        foreach (var run in runs)
        {
            if (run.Outcome is not { } outcome)
            {
                page.Append(Text($"<tr><td>{run.Policy}</td>{string.Concat(Enumerable.Repeat("<td>–</td>", 9))}<td>{Encoded(run.Parameters)}</td></tr>\n"));
                continue;
            }
            page.Append(Text($"<tr><td>{run.Policy}</td><td>{outcome.GpuHours:0.00}</td><td>{100 * outcome.Goodput:0.00} %</td><td>{outcome.TtftP50.TotalSeconds:0.00} s</td><td>{outcome.TtftP99.TotalSeconds:0.00} s</td><td>{outcome.ItlP50.TotalMilliseconds:0.0} ms</td><td>{outcome.ItlP99.TotalMilliseconds:0.0} ms</td><td>{outcome.ScaleEvents}</td><td>{outcome.WorstQueue}</td><td>{outcome.WastedGpuHours:0.00}</td><td>{Encoded(run.Parameters)}</td></tr>\n"));
        }
        page.Append("</table>\n");
    }

    private static IReadOnlyList<PlotLine> Lines(IEnumerable<SimulatedRun> runs, Func<FleetSample, double?> value, bool steps = false) =>
        [.. runs.Select(run => Line(run.Policy, run.Outcome!.Timeline, value, steps))];

    private static PlotLine Line(string name, IReadOnlyList<FleetSample> timeline, Func<FleetSample, double?> value, bool steps = false) =>
        new(name, [.. timeline.Select(at => (at.At.TotalMinutes, value(at)))], steps);

    private static string Encoded(string text) => WebUtility.HtmlEncode(text);

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
