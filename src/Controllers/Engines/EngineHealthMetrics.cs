using Nemotron.Engines.Fleet;
using Nemotron.Engines.Health;
using Nemotron.Engines.Health.Progress;
using Prometheus;

namespace Nemotron.Controllers.Engines;

/// <summary>What the operator tells Prometheus of the engines' health.</summary>
internal sealed class EngineHealthMetrics
{
    private const string Hung = "hung";
    private static readonly string[] States = [.. Enum.GetNames<EngineState>().Select(name => name.ToLowerInvariant()), Hung];

    private readonly Gauge _engines;
    private readonly Counter _restarts;

    public EngineHealthMetrics(CollectorRegistry registry)
    {
        var make = Metrics.WithCustomRegistry(registry);
        _engines = make.CreateGauge("nemotron_engines", "Engines that are asked for their health, by what they said last", "state");
        _restarts = make.CreateCounter("nemotron_engine_restarts_total", "Replicas restarted because their engine was hung or dead", "namespace", "deployment", "reason");
        Show([]);
    }

    /// <summary>Shows how many engines are in which state. Hung ones are not counted among the ready.</summary>
    public void Show(IReadOnlyList<EngineReport> reports)
    {
        var counts = reports.CountBy(report => report is { Health.State: EngineState.Ready or EngineState.Degraded, Progress.Verdict: ProgressVerdict.Hung } ? Hung : report.Health.State.ToString().ToLowerInvariant()).ToDictionary();
        foreach (var state in States) _engines.WithLabels(state).Set(counts.GetValueOrDefault(state));
    }

    /// <summary>Counts a restart.</summary>
    public void Restarted(string ns, string deployment, string reason) => _restarts.WithLabels(ns, deployment, reason).Inc();
}
