using Prometheus;

namespace Nemotron.Kube;

/// <summary>The series of one controller and its queue, made with value 0 so that rates are right from the first event.</summary>
internal sealed class ControllerMetrics : IWorkQueueObserver
{
    private readonly RuntimeMetrics all;
    private readonly string name;
    private readonly Counter.Child success;
    private readonly Counter.Child requeueAfter;
    private readonly Counter.Child error;
    private readonly Counter.Child errors;
    private readonly Counter.Child terminal;
    private readonly Counter.Child panics;
    private readonly Counter.Child timeouts;
    private readonly Counter.Child staleSkips;
    private readonly Histogram.Child reconcileTime;
    private readonly Gauge.Child activeWorkers;
    private readonly Counter.Child adds;
    private readonly Counter.Child retries;
    private readonly Histogram.Child queueDuration;
    private readonly Histogram.Child workDuration;

    internal ControllerMetrics(RuntimeMetrics all, string name, int workers)
    {
        this.all = all;
        this.name = name;
        success = all.ReconcileTotal.WithLabels(name, "success");
        error = all.ReconcileTotal.WithLabels(name, "error");
        requeueAfter = all.ReconcileTotal.WithLabels(name, "requeue_after");

        // Never counted here: a bare requeue does not exist in this runtime, but dashboards ask for the series.
        _ = all.ReconcileTotal.WithLabels(name, "requeue");
        errors = all.ReconcileErrors.WithLabels(name);
        terminal = all.TerminalErrors.WithLabels(name);
        panics = all.Panics.WithLabels(name);
        timeouts = all.Timeouts.WithLabels(name);
        staleSkips = all.StaleSkips.WithLabels(name);
        reconcileTime = all.ReconcileTime.WithLabels(name);
        activeWorkers = all.ActiveWorkers.WithLabels(name);
        adds = all.Adds.WithLabels(name, name);
        retries = all.Retries.WithLabels(name, name);
        queueDuration = all.QueueDuration.WithLabels(name, name);
        workDuration = all.WorkDuration.WithLabels(name, name);
        all.MaxConcurrent.WithLabels(name).Set(workers);
        all.Depth.WithLabels(name, name, "0").Set(0);
    }

    public void Added() => adds.Inc();

    public void DepthChanged(int priority, int change) => all.Depth.WithLabels(name, name, priority.ToString()).Inc(change);

    public void Taken(TimeSpan waited) => queueDuration.Observe(waited.TotalSeconds);

    public void Finished(TimeSpan worked) => workDuration.Observe(worked.TotalSeconds);

    internal void Retried() => retries.Inc();

    internal IDisposable Working() => activeWorkers.TrackInProgress();

    internal void ObserveUnfinished(Func<(TimeSpan Total, TimeSpan Longest)> unfinished)
    {
        var (total, longest) = (all.Unfinished.WithLabels(name, name), all.Longest.WithLabels(name, name));
        all.Registry.AddBeforeCollectCallback(() =>
        {
            var now = unfinished();
            total.Set(now.Total.TotalSeconds);
            longest.Set(now.Longest.TotalSeconds);
        });
    }

    internal void Reconciled(ReconcileOutcome outcome, TimeSpan took)
    {
        if (outcome.Kind == OutcomeKind.NotYet)
        {
            staleSkips.Inc();
            return;
        }

        reconcileTime.Observe(took.TotalSeconds);
        switch (outcome.Kind)
        {
            case OutcomeKind.Success:
                success.Inc();
                break;
            case OutcomeKind.RequeueAfter:
                requeueAfter.Inc();
                break;
            case OutcomeKind.Aborted:
                break;
            default:
                error.Inc();
                errors.Inc();
                if (outcome.Kind == OutcomeKind.Terminal)
                {
                    terminal.Inc();
                }
                else if (outcome.Kind == OutcomeKind.TimedOut)
                {
                    timeouts.Inc();
                }

                if (outcome.Error is NullReferenceException or IndexOutOfRangeException or InvalidCastException or DivideByZeroException)
                {
                    // What would be a panic in Go.
                    panics.Inc();
                }

                break;
        }
    }
}
