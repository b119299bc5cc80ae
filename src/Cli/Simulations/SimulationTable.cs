using Spectre.Console;

namespace Nemotron.Cli.Simulations;

/// <summary>Runs as a table, as JSON and as CSV.</summary>
internal static class SimulationTable
{
    public static void Write(Terminal terminal, SimulationFormat format, IReadOnlyList<SimulatedRun> runs)
    {
        switch (format)
        {
            case SimulationFormat.Json:
                Structured.Write(terminal.Out, OutputFormat.Json, runs.Select(SimulationReport.Of).ToArray());
                break;
            case SimulationFormat.Csv:
                Csv(terminal.Out, runs);
                break;
            default:
                Table(terminal, runs);
                break;
        }
    }

    private static void Table(Terminal terminal, IReadOnlyList<SimulatedRun> runs)
    {
        var table = Terminal.Columns(
            "DEPLOYMENT", "POLICY", "GPU-HOURS", "GOODPUT", "TTFT-P50", "TTFT-P99", "ITL-P50", "ITL-P99", "EVENTS", "TURNS/10M", "WORST-QUEUE", "REPLICAS", "WASTED", "PARAMETERS");
        foreach (var run in runs)
        {
            if (run.Outcome is not { } outcome)
            {
                table.AddRow([Markup.Escape(run.Deployment), run.Policy, .. Enumerable.Repeat("-", 11), Markup.Escape(run.Parameters)]);
                continue;
            }
            table.AddRow(
                Markup.Escape(run.Deployment), run.Policy, Text($"{outcome.GpuHours:0.00}"), Text($"{100 * outcome.Goodput:0.00} %"),
                Text($"{outcome.TtftP50.TotalSeconds:0.00} s"), Text($"{outcome.TtftP99.TotalSeconds:0.00} s"), Text($"{outcome.ItlP50.TotalMilliseconds:0.0} ms"), Text($"{outcome.ItlP99.TotalMilliseconds:0.0} ms"),
                Text($"{outcome.ScaleEvents}"), Text($"{outcome.DirectionChanges}"), Text($"{outcome.WorstQueue}"), Text($"{outcome.MostReplicas}"), Text($"{outcome.WastedGpuHours:0.00}"), Markup.Escape(run.Parameters));
        }
        terminal.Rows().Write(table);
        terminal.Rows().WriteLine();
    }

    private static void Csv(TextWriter to, IReadOnlyList<SimulatedRun> runs)
    {
        to.WriteLine("deployment,policy,parameters,requests,failed,gpu_hours,wasted_gpu_hours,goodput,ttft_p50_s,ttft_p99_s,itl_p50_s,itl_p99_s,scale_events,direction_changes,worst_queue,most_replicas");
        foreach (var run in runs)
        {
            if (run.Outcome is not { } outcome) continue;
            to.WriteLine(Text($"{run.Deployment},{run.Policy},\"{run.Parameters}\",{outcome.Requests},{outcome.Failed},{outcome.GpuHours:0.####},{outcome.WastedGpuHours:0.####},{outcome.Goodput:0.######},{outcome.TtftP50.TotalSeconds:0.####},{outcome.TtftP99.TotalSeconds:0.####},{outcome.ItlP50.TotalSeconds:0.#####},{outcome.ItlP99.TotalSeconds:0.#####},{outcome.ScaleEvents},{outcome.DirectionChanges},{outcome.WorstQueue},{outcome.MostReplicas}"));
        }
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}

/// <summary>A run with the field names of <c>-o json</c>.</summary>
internal sealed record SimulationReport
{
    public required string Deployment { get; init; }
    public required string Policy { get; init; }
    public required string Parameters { get; init; }
    public required string Model { get; init; }
    public required string Gpu { get; init; }
    public required int GpusPerReplica { get; init; }
    public required double StartUpSeconds { get; init; }
    public required double SloTtftSeconds { get; init; }
    public required double SloItlSeconds { get; init; }
    public required int Requests { get; init; }
    public required int? Failed { get; init; }
    public required double? GpuHours { get; init; }
    public required double? WastedGpuHours { get; init; }
    public required double? Goodput { get; init; }
    public required double? TtftP50Seconds { get; init; }
    public required double? TtftP99Seconds { get; init; }
    public required double? ItlP50Seconds { get; init; }
    public required double? ItlP99Seconds { get; init; }
    public required int? ScaleEvents { get; init; }
    public required int? DirectionChanges { get; init; }
    public required int? WorstQueue { get; init; }
    public required int? MostReplicas { get; init; }

    public static SimulationReport Of(SimulatedRun run)
    {
        var (scenario, outcome) = (run.Scenario, run.Outcome);
        return new SimulationReport
        {
            Deployment = run.Deployment,
            Policy = run.Policy,
            Parameters = run.Parameters,
            Model = scenario.Model.Spec.Model.Name,
            Gpu = scenario.Model.Spec.Gpu.Name,
            GpusPerReplica = scenario.GpusPerReplica,
            StartUpSeconds = scenario.StartUp.TotalSeconds,
            SloTtftSeconds = scenario.TtftObjective.TotalSeconds,
            SloItlSeconds = scenario.ItlObjective.TotalSeconds,
            Requests = scenario.Trace.Count,
            Failed = outcome?.Failed,
            GpuHours = Rounded(outcome?.GpuHours),
            WastedGpuHours = Rounded(outcome?.WastedGpuHours),
            Goodput = Rounded(outcome?.Goodput),
            TtftP50Seconds = Rounded(outcome?.TtftP50.TotalSeconds),
            TtftP99Seconds = Rounded(outcome?.TtftP99.TotalSeconds),
            ItlP50Seconds = Rounded(outcome?.ItlP50.TotalSeconds),
            ItlP99Seconds = Rounded(outcome?.ItlP99.TotalSeconds),
            ScaleEvents = outcome?.ScaleEvents,
            DirectionChanges = outcome?.DirectionChanges,
            WorstQueue = outcome?.WorstQueue,
            MostReplicas = outcome?.MostReplicas,
        };
    }

    private static double? Rounded(double? value) => value is { } known ? Math.Round(known, 6) : null;
}
