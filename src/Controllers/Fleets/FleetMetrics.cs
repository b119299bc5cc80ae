using Nemotron.Kube;
using Prometheus;

namespace Nemotron.Controllers.Fleets;

/// <summary>What the arbiter tells Prometheus.</summary>
internal sealed class FleetMetrics
{
    private readonly Gauge _granted;
    private readonly Gauge _wanted;

    /// <summary>Registers the metrics.</summary>
    public FleetMetrics(CollectorRegistry registry)
    {
        var make = Metrics.WithCustomRegistry(registry);
        string[] deployment = ["namespace", "nemotrondeployment", "nemotronfleet"];
        _granted = make.CreateGauge("nemotron_fleet_granted_replicas", "Replicas that a NemotronFleet lets a deployment have.", deployment);
        _wanted = make.CreateGauge("nemotron_fleet_wanted_replicas", "Replicas that a deployment of a NemotronFleet wants.", deployment);
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

    /// <summary>A deployment is in that fleet no longer.</summary>
    public void Forget(NamespacedName key, string fleet)
    {
        _granted.RemoveLabelled(key.Namespace ?? "", key.Name, fleet);
        _wanted.RemoveLabelled(key.Namespace ?? "", key.Name, fleet);
    }
}
