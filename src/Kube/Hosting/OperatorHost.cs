using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Nemotron.Kube;

/// <summary>
/// Runs the operator within its host. Order of starting: informers, then (all caches full) leader election, then controllers: a replica that waits has warm
/// caches. Order of stopping: controllers finish what they do, the lease is released, events are written, informers end.
/// </summary>
internal sealed class OperatorHost(
    IServiceProvider services, OperatorSettings settings, TimeProvider time, ILogger<OperatorHost> logger) : IHostedService, IDisposable
{
    private static readonly TimeSpan FlushTime = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource stopping = new();
    private readonly CancellationTokenSource aborting = new();
    private readonly CancellationTokenSource informersStopping = new();
    private Task running = Task.CompletedTask;
    private LeaderElector? elector;
    private volatile bool controllersRun;

    /// <summary>All checks: the runtime's own and those that the host's services add.</summary>
    internal IEnumerable<IKubeCheck> Checks =>
    [
        new KubeCheck("ping", isReadiness: false, static () => null),
        new KubeCheck("leader-election", isReadiness: false, () => elector?.Check()),
        new KubeCheck("ping", isReadiness: true, static () => null),
        .. services.GetRequiredService<InformerCaches>().Informers.Select(i => new KubeCheck(
            $"cache-{i.Resource}", isReadiness: true, () => i.Synced ? null : i.Trouble ?? "the list is not complete yet")),
        .. services.GetServices<IKubeCheck>(),
    ];

    /// <summary>Whether the controllers run: caches are full and this process leads.</summary>
    internal bool ControllersRun => controllersRun;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var api = services.GetRequiredService<KubeApi>();
        var caches = services.GetRequiredService<InformerCaches>();
        services.GetRequiredService<RuntimeMetrics>().ObserveInformers(caches);
        var controllers = services.GetServices<IControllerRegistration>().Select(r => r.Build(services)).ToArray();
        if (controllers.GroupBy(c => c.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new InvalidOperationException($"Two controllers are named \"{twice.Key}\": give one another name with Named(…).");
        }

        // Controllers and leader services ask for caches in their constructors: make each once, so that those caches are full before the first reconcile.
        using (var scope = services.CreateScope())
        {
            foreach (var registration in services.GetServices<IControllerRegistration>())
            {
                scope.ServiceProvider.GetRequiredService(registration.ControllerType);
            }
        }

        _ = services.GetServices<ILeaderService>().Count();
        caches.Start(api, informersStopping.Token);
        running = Task.Run(() => RunAsync(api, caches, controllers), CancellationToken.None);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await stopping.CancelAsync();
        using var patience = new CancellationTokenSource(settings.GracefulShutdownTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        await using var abort = either.Token.Register(aborting.Cancel);
        try
        {
            await running.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // A reconcile that does not heed its cancellation: the process ends under it, the lease unreleased.
            HostLog.Stuck(logger);
        }
    }

    public void Dispose()
    {
        stopping.Dispose();
        aborting.Dispose();
        informersStopping.Dispose();
    }

    private async Task RunAsync(KubeApi api, InformerCaches caches, IRunningController[] controllers)
    {
        var events = services.GetRequiredService<EventRecorder>();
        using var eventsStop = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        var eventsRun = events.RunAsync(eventsStop.Token);
        try
        {
            var started = time.GetTimestamp();
            await Task.WhenAll(caches.Informers.Select(i => i.WhenSynced(stopping.Token)));
            HostLog.CachesFull(logger, caches.Informers.Count, time.GetElapsedTime(started));
            if (settings.LeaderElectionType == LeaderElectionType.None)
            {
                await RunControllersAsync(controllers, stopping.Token);
            }
            else
            {
                await LeadAsync(api, controllers, events);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Stopped before it led.
        }
#pragma warning disable CA1031 // A bug of the runtime itself: say it and let the process be started anew, rather than idle on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            HostLog.Broken(logger, e);
            services.GetRequiredService<IProcessEnd>().EndWithFailure();
        }
        finally
        {
            if (elector is not null)
            {
                using var limit = new CancellationTokenSource(FlushTime, time);
                await elector.ReleaseAsync(limit.Token);
            }

            events.Complete();
            eventsStop.CancelAfter(FlushTime);
            await EndOfEventsAsync(eventsRun);
            await informersStopping.CancelAsync();
            await caches.WhenStopped();
        }
    }

    /// <summary>Whatever became of the events: the informers still have to end.</summary>
    private async Task EndOfEventsAsync(Task eventsRun)
    {
        try
        {
            await eventsRun;
        }
#pragma warning disable CA1031 // See above.
        catch (Exception e)
#pragma warning restore CA1031
        {
            HostLog.EventsBroke(logger, e);
        }
    }

    /// <summary>Acquires, runs the controllers while it holds, and ends the process when it does not hold any more.</summary>
    private async Task LeadAsync(KubeApi api, IRunningController[] controllers, EventRecorder events)
    {
        var identity = settings.LeaderElectionIdentity ?? $"{Environment.MachineName}_{Guid.NewGuid():N}";
        var ns = settings.LeaderElectionNamespace ?? KubeClientFactory.NamespaceOf(settings);
        elector = new LeaderElector(
            new ApiLeaseStore(api, ns, settings.Name, settings.EffectiveFieldManager), identity, settings, time,
            services.GetRequiredService<Jitter>(), services.GetRequiredService<RuntimeMetrics>(), logger);
        await elector.AcquireAsync(stopping.Token);
        await events.PublishAsync(
            new V1Lease { Metadata = new V1ObjectMeta { Name = settings.Name, NamespaceProperty = ns } }, "LeaderElection", $"{identity} became leader");

        // Renewing goes on while the controllers finish, and ends with them: nobody else may lead before they are done.
        using var holding = new CancellationTokenSource();
        var hold = elector.HoldAsync(holding.Token);
        var work = RunControllersAsync(controllers, stopping.Token);
        if (await Task.WhenAny(hold, work) == hold)
        {
            // Another may lead by now: whatever is in work must end at once, and with it this process.
            await aborting.CancelAsync();
            await stopping.CancelAsync();
            services.GetRequiredService<IProcessEnd>().EndWithFailure();
            await work;
            return;
        }

        await holding.CancelAsync();
        try
        {
            await hold;
        }
        catch (OperationCanceledException)
        {
            // As asked.
        }

        await work;
    }

    private async Task RunLeaderServiceAsync(ILeaderService service, CancellationToken stop)
    {
        var backoff = new Backoff(time, services.GetRequiredService<Jitter>());
        while (!stop.IsCancellationRequested)
        {
            try
            {
                // One that does not heed the stop must not hold it up beyond the time that reconciles have.
                await service.RunAsync(stop).WaitAsync(aborting.Token);
                return;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // A loop that fails must not end the operator, nor end itself for good.
            catch (Exception e)
#pragma warning restore CA1031
            {
                var delay = backoff.Next();
                HostLog.LeaderServiceFailed(logger, service.GetType().Name, delay, e);
                await Task.Delay(delay, time, stop).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }
    }

    private async Task RunControllersAsync(IRunningController[] controllers, CancellationToken stop)
    {
        controllersRun = true;
        try
        {
            // Without controllers there is still a process that leads until it is stopped.
            var idle = Task.Delay(Timeout.InfiniteTimeSpan, time, stop).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            var others = services.GetServices<ILeaderService>().Select(s => Task.Run(() => RunLeaderServiceAsync(s, stop), CancellationToken.None));
            await Task.WhenAll([.. controllers.Select(c => c.RunAsync(stop, aborting.Token)), .. others, idle]);
        }
        finally
        {
            controllersRun = false;
        }
    }
}

internal static partial class HostLog
{
    [LoggerMessage(701, LogLevel.Information, "{Count} caches are full after {Elapsed}")]
    internal static partial void CachesFull(ILogger logger, int count, TimeSpan elapsed);

    [LoggerMessage(703, LogLevel.Error, "{Service} failed and is run again in {Delay}")]
    internal static partial void LeaderServiceFailed(ILogger logger, string service, TimeSpan delay, Exception error);

    [LoggerMessage(704, LogLevel.Error, "A reconcile does not heed its cancellation; the process ends without it")]
    internal static partial void Stuck(ILogger logger);

    [LoggerMessage(705, LogLevel.Error, "Events were not written to the end")]
    internal static partial void EventsBroke(ILogger logger, Exception error);

    [LoggerMessage(702, LogLevel.Critical, "The operator's runtime broke and the process ends")]
    internal static partial void Broken(ILogger logger, Exception error);
}
