using Nemotron.Kube;
using Prometheus;

namespace Nemotron.Controllers.Scaling;

/// <summary>What the autoscaler tells Prometheus.</summary>
internal sealed class ScalingMetrics
{
    private readonly Gauge _desired;
    private readonly Gauge _current;

    /// <summary>Registers the metrics.</summary>
    public ScalingMetrics(CollectorRegistry registry)
    {
        var make = Metrics.WithCustomRegistry(registry);
        string[] deployment = ["namespace", "nemotrondeployment"];
        _desired = make.CreateGauge("nemotron_desired_replicas", "Replicas that the autoscaler decided on, also where it only recommends them.", deployment);
        _current = make.CreateGauge("nemotron_autoscaler_current_replicas", "Replicas that were asked for when it decided.", deployment);
        Ticks = make.CreateCounter("nemotron_autoscaler_ticks_total", "Rounds of the autoscaler, by whether Prometheus answered.", "outcome");
        Queries = make.CreateCounter("nemotron_autoscaler_queries_total", "PromQL queries sent.");
        TickTime = make.CreateHistogram("nemotron_autoscaler_tick_seconds", "Duration of a round, from the first query to the last verdict.");
        Changes = make.CreateCounter("nemotron_autoscaler_changes_total", "Changes of a number of replicas, by direction and reason.", "direction", "reason");
    }

    /// <summary>Rounds.</summary>
    public Counter Ticks { get; }

    /// <summary>Queries.</summary>
    public Counter Queries { get; }

    /// <summary>Duration of a round.</summary>
    public Histogram TickTime { get; }

    /// <summary>Changes.</summary>
    public Counter Changes { get; }

    /// <summary>A decision was made.</summary>
    public void Decided(NamespacedName key, int current, int desired)
    {
        _desired.WithLabels(key.Namespace ?? "", key.Name).Set(desired);
        _current.WithLabels(key.Namespace ?? "", key.Name).Set(current);
    }

    /// <summary>A deployment is gone, or is not scaled any more.</summary>
    public void Forget(NamespacedName key)
    {
        _desired.RemoveLabelled(key.Namespace ?? "", key.Name);
        _current.RemoveLabelled(key.Namespace ?? "", key.Name);
    }
}
