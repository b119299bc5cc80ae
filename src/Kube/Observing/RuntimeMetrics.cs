using Prometheus;

namespace Nemotron.Kube;

/// <summary>The metrics of controller-runtime and client-go under their own names, so that existing dashboards and alerts work.</summary>
internal sealed class RuntimeMetrics
{
    private static readonly double[] ReconcileBuckets =
    [
        0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0,
        1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
    ];

    private static readonly double[] RequestBuckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0];

    internal RuntimeMetrics(CollectorRegistry registry)
    {
        Registry = registry;
        var make = Metrics.WithCustomRegistry(registry);
        var queue = Histogram.ExponentialBuckets(10e-9, 10, 12);
        ReconcileTotal = make.CreateCounter("controller_runtime_reconcile_total", "Total number of reconciliations per controller", "controller", "result");
        ReconcileErrors = make.CreateCounter("controller_runtime_reconcile_errors_total", "Total number of reconciliation errors per controller", "controller");
        TerminalErrors = make.CreateCounter("controller_runtime_terminal_reconcile_errors_total", "Total number of terminal reconciliation errors per controller", "controller");
        Panics = make.CreateCounter("controller_runtime_reconcile_panics_total", "Total number of reconciliation panics (programming errors) per controller", "controller");
        Timeouts = make.CreateCounter("controller_runtime_reconcile_timeouts_total", "Total number of reconciliation timeouts per controller", "controller");
        ReconcileTime = make.CreateHistogram("controller_runtime_reconcile_time_seconds", "Length of time per reconciliation per controller", ["controller"], new HistogramConfiguration { Buckets = ReconcileBuckets });
        MaxConcurrent = make.CreateGauge("controller_runtime_max_concurrent_reconciles", "Maximum number of concurrent reconciles per controller", "controller");
        ActiveWorkers = make.CreateGauge("controller_runtime_active_workers", "Number of currently used workers per controller", "controller");
        Depth = make.CreateGauge("workqueue_depth", "Current depth of the queue, by priority", "name", "controller", "priority");
        Adds = make.CreateCounter("workqueue_adds_total", "Total number of adds handled by the queue", "name", "controller");
        QueueDuration = make.CreateHistogram("workqueue_queue_duration_seconds", "How long a key is ready before it is taken", ["name", "controller"], new HistogramConfiguration { Buckets = queue });
        WorkDuration = make.CreateHistogram("workqueue_work_duration_seconds", "How long the work on a key takes", ["name", "controller"], new HistogramConfiguration { Buckets = queue });
        Unfinished = make.CreateGauge("workqueue_unfinished_work_seconds", "Time of all work in progress that work_duration has not seen yet", "name", "controller");
        Longest = make.CreateGauge("workqueue_longest_running_processor_seconds", "Time of the longest work in progress", "name", "controller");
        Retries = make.CreateCounter("workqueue_retries_total", "Total number of retries handled by the queue", "name", "controller");
        Requests = make.CreateCounter("rest_client_requests_total", "Number of HTTP requests, by status code, method, and host", "code", "method", "host");
        RequestDuration = make.CreateHistogram("rest_client_request_duration_seconds", "Request latency in seconds, by verb and host", ["verb", "host"], new HistogramConfiguration { Buckets = RequestBuckets });
        Leader = make.CreateGauge("leader_election_master_status", "1 when this process is the leader, 0 when it is not", "name");
        LeaderSlowPath = make.CreateCounter("leader_election_slowpath_total", "Renewals that could not go by one request", "name");
        StaleSkips = make.CreateCounter("stale_sync_skips_total", "Reconciles put off because the cache was known to be behind: of this process's own writes, or of the object itself", "controller");
        Objects = make.CreateGauge("kube_informer_objects", "Objects in the cache", "resource");
        UnreadableObjects = make.CreateGauge("kube_informer_unreadable_objects", "Objects that cannot be read, left in the cache as last known", "resource");
        Synced = make.CreateGauge("kube_informer_synced", "1 when the cache has held a whole list", "resource");
        EventsDropped = make.CreateCounter("kube_events_dropped_total", "Events not written, by reason", "reason");
    }

    internal CollectorRegistry Registry { get; }

    internal Counter ReconcileTotal { get; }

    internal Counter ReconcileErrors { get; }

    internal Counter TerminalErrors { get; }

    internal Counter Panics { get; }

    internal Counter Timeouts { get; }

    internal Histogram ReconcileTime { get; }

    internal Gauge MaxConcurrent { get; }

    internal Gauge ActiveWorkers { get; }

    internal Gauge Depth { get; }

    internal Counter Adds { get; }

    internal Histogram QueueDuration { get; }

    internal Histogram WorkDuration { get; }

    internal Gauge Unfinished { get; }

    internal Gauge Longest { get; }

    internal Counter Retries { get; }

    internal Counter Requests { get; }

    internal Histogram RequestDuration { get; }

    internal Gauge Leader { get; }

    internal Counter LeaderSlowPath { get; }

    internal Counter StaleSkips { get; }

    internal Gauge Objects { get; }

    internal Gauge UnreadableObjects { get; }

    internal Gauge Synced { get; }

    internal Counter EventsDropped { get; }

    /// <summary>The series of one controller, all there from the start.</summary>
    internal ControllerMetrics ForController(string name, int workers) => new(this, name, workers);

    /// <summary>Shows how the informers are doing, whenever metrics are read.</summary>
    internal void ObserveInformers(IInformerCaches caches) => Registry.AddBeforeCollectCallback(() =>
    {
        foreach (var informer in caches.All)
        {
            Objects.WithLabels(informer.Resource).Set(informer.Count);
            UnreadableObjects.WithLabels(informer.Resource).Set(informer.Unreadable.Count);
            Synced.WithLabels(informer.Resource).Set(informer.Synced ? 1 : 0);
        }
    });
}
