using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Engines.Clients;
using Nemotron.Engines.Fleet;
using Nemotron.Engines.Launch;
using Nemotron.Kube;

namespace Nemotron.Controllers.Engines;

/// <summary>
/// Asks the engines of all NemotronDeployments how they are while this process leads, and has a NemotronDeployment reconciled when the answer changes what is known of
/// it. It decides nothing.
/// </summary>
internal sealed class EngineWatch(
    IInformerCache<PodView> pods,
    IReconcileQueue<NemotronDeployment> queue,
    EngineWatchOptions options,
    EngineHealthMetrics metrics,
    GatewayCounts gateways,
    TimeProvider time,
    ILoggerFactory logs) : ILeaderService, IEngineReports
{
    private static readonly HealingLimits Limits = HealingLimits.Default;
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private const int GatewaysAtOnce = 32;

    private readonly ConcurrentDictionary<NamespacedName, LaunchSpec> _followed = new();
    private readonly ConcurrentDictionary<string, Found> _found = new(StringComparer.Ordinal);
    private readonly Queue<DateTimeOffset> _restarts = new();
    private readonly Lock _restartGate = new();
    private volatile EngineFleet? _fleet;
    private volatile Counted _counted = new(0, 0);
    private long _changes;

    /// <inheritdoc/>
    public FleetSigns Signs
    {
        get
        {
            lock (_restartGate)
            {
                DropOldRestarts();
                return new FleetSigns(_counted.Known, _counted.Sick, _restarts.Count);
            }
        }
    }

    /// <inheritdoc/>
    public EngineReport? Find(PodView pod) =>
        // A pod of a group has the name of the one before it: what that one said is not its own.
        _fleet?.Find(EngineEndpoints.KeyOf(pod)) is { } report && report.Endpoint.Incarnation.StartsWith(pod.Metadata.Uid + "/", StringComparison.Ordinal) ? report : null;

    /// <inheritdoc/>
    public DateTimeOffset? FoundAt(PodView pod) => _found.TryGetValue(EngineEndpoints.KeyOf(pod), out var found) ? found.SickAt : null;

    /// <inheritdoc/>
    public void Follow(NamespacedName deployment, LaunchSpec launch)
    {
        if (_followed.TryGetValue(deployment, out var known) && known.Protocol == launch.Protocol && known.Release.VersionText == launch.Release.VersionText
            && known.StartupTimeout == launch.StartupTimeout && known.Metrics == launch.Metrics && known.Ports.SequenceEqual(launch.Ports)) return;
        _followed[deployment] = launch;
        Interlocked.Increment(ref _changes);
    }

    /// <inheritdoc/>
    public void Forget(NamespacedName deployment)
    {
        if (_followed.TryRemove(deployment, out _)) Interlocked.Increment(ref _changes);
    }

    /// <inheritdoc/>
    public bool TryTakeRestart()
    {
        lock (_restartGate)
        {
            DropOldRestarts();
            if (_restarts.Count >= Limits.PerMinute) return false;
            _restarts.Enqueue(time.GetUtcNow());
            return true;
        }
    }

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (!options.Ask) return;
        using var clients = new EngineClients(time);
        await using var fleet = new EngineFleet(clients.Open, options.Fleet, time, logs.CreateLogger<EngineFleet>());
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var polling = Task.WhenAll(fleet.RunAsync(stop.Token), ReadGatewaysAsync(fleet, stop.Token));
        _fleet = fleet;
        try
        {
            using var timer = new PeriodicTimer(Tick, time);
            (long, long) seen = (-1, -1);
            do
            {
                // Versions first: a change that comes while the rest is read is then looked at once more.
                var versions = (pods.Changes, Interlocked.Read(ref _changes));
                if (versions != seen) Put(fleet);
                seen = versions;
                Look(fleet);
            }
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
        }
        finally
        {
            _fleet = null;
            _counted = new Counted(0, 0);
            _found.Clear();
            metrics.Show([]);
            await stop.CancelAsync().ConfigureAwait(false);
            await polling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Polls exactly the engines that can be asked now.</summary>
    private void Put(EngineFleet fleet)
    {
        var asked = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (deployment, launch) in _followed)
        {
            foreach (var pod in pods.ByLabel(NemotronLabels.Deployment, deployment.Name))
            {
                if (pod.Metadata.NamespaceProperty != deployment.Namespace || EngineEndpoints.Of(pod, launch) is not { } endpoint) continue;
                fleet.Put(endpoint);
                asked.Add(endpoint.Key);
                _found.GetOrAdd(endpoint.Key, _ => new Found(deployment, null, null));
            }
        }

        foreach (var key in _found.Keys.Where(key => !asked.Contains(key)).ToList())
        {
            fleet.Remove(key);
            _found.TryRemove(key, out _);
        }
    }

    /// <summary>Tells the fleet what gateways count, as often as engines' loads are read.</summary>
    private async Task ReadGatewaysAsync(EngineFleet fleet, CancellationToken cancellationToken)
    {
        if (options.Fleet.LoadInterval is not { } every) return;
        using var timer = new PeriodicTimer(every, time);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            var asked = fleet.Reports().Select(report => EngineEndpoints.PodOf(report.Endpoint.Key)).Select(pod => pods.Get(pod.Namespace, pod.Name)).OfType<PodView>();
            await Parallel.ForEachAsync(asked, new ParallelOptions { MaxDegreeOfParallelism = GatewaysAtOnce, CancellationToken = cancellationToken }, async (pod, cancel) =>
            {
                if (EngineEndpoints.GatewayOf(pod) is { } address && await gateways.ReadAsync(address, cancel).ConfigureAwait(false) is { } counted)
                    fleet.ObserveGateway(EngineEndpoints.KeyOf(pod), counted);
            }).ConfigureAwait(false);
        }
    }

    /// <summary>Judges what was heard, and tells whom it concerns.</summary>
    private void Look(EngineFleet fleet)
    {
        var now = time.GetUtcNow();
        var (known, sick) = (0, 0);
        var reports = fleet.Reports();
        foreach (var report in reports)
        {
            var key = report.Endpoint.Key;
            if (!_found.TryGetValue(key, out var before)) continue;
            var sickness = EngineSickness.Of(report, now, Limits);
            var answers = EngineSickness.Answers(report, now, Limits);
            if (sickness is not null) sick++;
            if (sickness is not null || answers) known++;
            var seen = new Seen(sickness?.Reason, answers, report.Load?.Dialect.Name, report.Load?.Dialect.Seen == true);
            if (before.Seen == seen) continue;
            _found[key] = before with { Seen = seen, SickAt = sickness is null ? null : before.SickAt ?? now };
            queue.Enqueue(before.Deployment);
        }

        _counted = new Counted(known, sick);
        metrics.Show(reports);
    }

    private void DropOldRestarts()
    {
        var now = time.GetUtcNow();
        while (_restarts.TryPeek(out var oldest) && now - oldest >= Minute) _restarts.Dequeue();
    }

    private sealed record Counted(int Known, int Sick);

    // What a status says of an engine; more would have it reconciled for nothing.
    private sealed record Seen(string? Sick, bool Answers, Nemotron.Engines.Metrics.Dialects.DialectName? Dialect, bool HasSeries);

    private sealed record Found(NamespacedName Deployment, Seen? Seen, DateTimeOffset? SickAt);
}

/// <summary>Whether and how engines are asked.</summary>
internal sealed record EngineWatchOptions
{
    /// <summary>Whether they are asked at all; not where the operator cannot reach pods, and then nothing is known and nothing is restarted.</summary>
    public bool Ask { get; init; }

    /// <summary>How they are polled.</summary>
    public FleetOptions Fleet { get; init; } = new() { LoadInterval = TimeSpan.FromSeconds(15) };
}
