using Nemotron.Kube;
using Prometheus;

namespace Nemotron.Controllers.Fleets;

/// <summary>What the arbiter tells Prometheus.</summary>
internal sealed class FleetMetrics
{
    private readonly Gauge _granted;
    private readonly Gauge _wanted;
    private readonly Gauge _fallback;

    /// <summary>Registers the metrics.</summary>
    public FleetMetrics(CollectorRegistry registry)
    {
        var make = Metrics.WithCustomRegistry(registry);
        string[] deployment = ["namespace", "nemotrondeployment", "nemotronfleet"];
        _granted = make.CreateGauge("nemotron_fleet_granted_replicas", "Replicas that a NemotronFleet lets a deployment have.", deployment);
        _wanted = make.CreateGauge("nemotron_fleet_wanted_replicas", "Replicas that a deployment of a NemotronFleet wants.", deployment);
        _fallback = make.CreateGauge("nemotron_fleet_fallback", "1 while the clients of a deployment are served by the replicas of another.", "namespace", "nemotrondeployment", "served_by");
        Rounds = make.CreateHistogram("nemotron_fleet_arbitration_seconds", "Duration of one arbitration of all fleets.");
        Placements = make.CreateCounter("nemotron_fleet_placements_total", "New replicas that the scheduler bound, by whether it chose the nodes that the plan had for one of them.", "as_planned");
    }

    /// <summary>Durations.</summary>
    public Histogram Rounds { get; }

    /// <summary>Where the scheduler bound replicas.</summary>
    public Counter Placements { get; }

    /// <summary>A grant.</summary>
    public void Granted(NamespacedName key, FleetGrant grant)
    {
        _granted.WithLabels(key.Namespace ?? "", key.Name, grant.Fleet).Set(grant.Granted);
        _wanted.WithLabels(key.Namespace ?? "", key.Name, grant.Fleet).Set(grant.Wanted);
    }

    /// <summary>Who serves a deployment's clients; null for its own replicas.</summary>
    public void Fallback(NamespacedName key, string? servedBy)
    {
        foreach (var labels in _fallback.GetAllLabelValues().Where(labels => labels[0] == (key.Namespace ?? "") && labels[1] == key.Name)) _fallback.RemoveLabelled(labels);
        if (servedBy is not null) _fallback.WithLabels(key.Namespace ?? "", key.Name, servedBy).Set(1);
    }

    /// <summary>A deployment is in that fleet no longer.</summary>
    public void Forget(NamespacedName key, string fleet)
    {
        _granted.RemoveLabelled(key.Namespace ?? "", key.Name, fleet);
        _wanted.RemoveLabelled(key.Namespace ?? "", key.Name, fleet);
    }
}
