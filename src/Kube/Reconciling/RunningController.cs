using System.Diagnostics;
using System.Net;
using k8s;
using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Nemotron.Kube;

/// <summary>A controller at work: informers fill its queue from the start, workers empty it while this process leads.</summary>
internal sealed class RunningController<TEntity> : IRunningController, IDisposable
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly ControllerRegistration<TEntity> registration;
    private readonly ObjectReconciler<TEntity> reconciler;
    private readonly Informer<TEntity> cache;
    private readonly OperatorSettings settings;
    private readonly TimeProvider time;
    private readonly Jitter jitter;
    private readonly ILogger logger;
    private readonly ControllerMetrics metrics;
    private readonly KeyBackoff<NamespacedName> backoff = new();
    private readonly WorkQueue<NamespacedName> queue;
    private readonly ChangeSink sink;
    private readonly int workers;
    private volatile bool leading;

    private RunningController(ControllerRegistration<TEntity> registration, IServiceProvider services)
    {
        this.registration = registration;
        settings = services.GetRequiredService<OperatorSettings>();
        time = services.GetRequiredService<TimeProvider>();
        jitter = services.GetRequiredService<Jitter>();
        logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("Nemotron.Kube.Controller");
        workers = registration.MaxConcurrentReconciles ?? settings.MaxConcurrentReconciles;
        var caches = services.GetRequiredService<InformerCaches>();
        cache = caches.Informer<TEntity>();
        metrics = services.GetRequiredService<RuntimeMetrics>().ForController(registration.Name, workers);
        queue = new WorkQueue<NamespacedName>(time, metrics);
        metrics.ObserveUnfinished(queue.Unfinished);
        services.GetRequiredService<ReconcileQueue<TEntity>>().Attach(queue);
        reconciler = new ObjectReconciler<TEntity>(
            registration.ControllerType,
            [.. services.GetServices<FinalizerRegistration<TEntity>>()],
            cache,
            services.GetRequiredService<PendingWrites>(),
            services.GetRequiredService<FinalizerPatch>(),
            settings,
            services.GetRequiredService<IServiceScopeFactory>());

        sink = new ChangeSink(queue, caches, logger);
        if (registration.Predicate is not null)
        {
            // It may leave out entities that only a change of something else shall bring: nothing may be missed.
            sink.Listen();
        }

        EventPredicate<TEntity> predicate = registration.Predicate
            ?? (settings.ReconcileStrategy == ReconcileStrategy.ByGeneration ? Predicates.SpecOrMetadataChanged : Predicates.ResourceVersionChanged);
        cache.AddHandler(new EntityChanges<TEntity>(sink, predicate, entity =>
        {
            // A process that does not lead leaves the dead to the one that does.
            if (leading)
            {
                reconciler.Bury(entity);
            }
        }));
        foreach (var source in registration.Sources)
        {
            source(caches, sink);
        }
    }

    public string Name => registration.Name;

    internal static RunningController<TEntity> Create(ControllerRegistration<TEntity> registration, IServiceProvider services) => new(registration, services);

    public async Task RunAsync(CancellationToken stop, CancellationToken abort)
    {
        leading = true;
        if (!sink.Listens)
        {
            // In this order: what comes in between is queued twice, which the queue makes one of.
            sink.Listen();
            foreach (var key in cache.Keys)
            {
                queue.Add(key, ChangeSink.LowPriority);
            }
        }

        ReconcileLog.Started(logger, Name, workers);
        using var resyncStop = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var resync = ResyncAsync(resyncStop.Token);
        try
        {
            await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(() => WorkAsync(stop, abort), CancellationToken.None)));
        }
        finally
        {
            leading = false;
            await resyncStop.CancelAsync();
            await resync;
            Dispose();
        }
    }

    public void Dispose() => queue.Dispose();

    private async Task WorkAsync(CancellationToken stop, CancellationToken abort)
    {
        while (true)
        {
            NamespacedName key;
            try
            {
                key = await queue.TakeAsync(stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            using (metrics.Working())
            {
                var started = time.GetTimestamp();
                var outcome = await AttemptAsync(key, abort);
                Settle(key, outcome, time.GetElapsedTime(started));
                queue.Done(key);
            }
        }
    }

    private async Task<ReconcileOutcome> AttemptAsync(NamespacedName key, CancellationToken abort)
    {
        using var timeout = registration.ReconciliationTimeout is { } limit ? new CancellationTokenSource(limit, time) : new CancellationTokenSource();
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(abort, timeout.Token);
        using var scope = logger.BeginScope("{Controller} {Key} {ReconcileId}", Name, key, ActivityTraceId.CreateRandom());
        try
        {
            return await reconciler.ReconcileAsync(key, () => queue.Add(key), linked.Token);
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            return new ReconcileOutcome(OutcomeKind.Aborted);
        }
        catch (OperationCanceledException e) when (timeout.IsCancellationRequested)
        {
            return new ReconcileOutcome(OutcomeKind.TimedOut, null, $"took longer than {registration.ReconciliationTimeout}.", e);
        }
        catch (TerminalException e)
        {
            return new ReconcileOutcome(OutcomeKind.Terminal, null, e.Message, e);
        }
        catch (OwnerGoneException e)
        {
            return new ReconcileOutcome(OutcomeKind.NotYet, null, e.Message);
        }
#pragma warning disable CA1031 // Whatever a controller throws concerns this key alone.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return new ReconcileOutcome(OutcomeKind.Error, null, ApiErrors.Describe(e, settings.MissingResourceHint), e);
        }
    }

    /// <summary>Counts the outcome and decides when the key comes again. Order of decisions as controller-runtime's.</summary>
    private void Settle(NamespacedName key, ReconcileOutcome outcome, TimeSpan took)
    {
        metrics.Reconciled(outcome, took);
        switch (outcome.Kind)
        {
            case OutcomeKind.Success:
                backoff.Forget(key);
                break;
            case OutcomeKind.RequeueAfter:
                backoff.Forget(key);
                queue.Add(key, after: outcome.After!.Value);
                break;
            case OutcomeKind.Terminal:
                backoff.Forget(key);
                ReconcileLog.FailedForGood(logger, Name, key, outcome.Why ?? "failed.", outcome.Error);
                break;
            case OutcomeKind.Error or OutcomeKind.TimedOut:
                var delay = backoff.Next(key);
                delay = outcome.After ?? delay;
                metrics.Retried();
                queue.Add(key, after: delay);
                Report(key, outcome, delay);
                break;
            case OutcomeKind.NotYet:
                // The callback brings it back; this is for the case that it never comes.
                queue.Add(key, after: PendingWrites.GivesUpAfter);
                ReconcileLog.WaitingForCache(logger, Name, key, outcome.Why ?? "it has not seen this process's own writes.");
                break;
            default:
                break;
        }
    }

    private void Report(NamespacedName key, ReconcileOutcome outcome, TimeSpan delay)
    {
        var why = outcome.Why ?? "failed.";
        if (outcome.Error is not null && ApiErrors.StatusOf(outcome.Error) == HttpStatusCode.Conflict)
        {
            // Somebody else was quicker; the next attempt sees what they did. Nobody has to act.
            ReconcileLog.Conflict(logger, Name, key, why, delay);
            return;
        }

        // A stack is of use for a bug, not for an answer of the API server that is told in a sentence.
        ReconcileLog.Failed(logger, Name, key, why, delay, outcome.Error is k8s.Autorest.HttpOperationException or HttpRequestException ? null : outcome.Error);
    }

    private async Task ResyncAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await Task.Delay(settings.ResyncPeriod * (0.9 + (0.2 * jitter.NextDouble())), time, stop);
                foreach (var key in cache.Keys)
                {
                    queue.Add(key, ChangeSink.LowPriority);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The process stops.
        }
    }
}
