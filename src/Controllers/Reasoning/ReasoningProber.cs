using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.Reasoning;

/// <summary>
/// Probes replicas for the reconciler, which never waits for it: what is ordered comes back as a reconcile when something is known. Once settled, nothing is
/// asked again; what could not be asked is tried a few times at short intervals, and then seldom.
/// </summary>
internal sealed partial class ReasoningProber(ReasoningProbe probe, IReconcileQueue<NemotronDeployment> queue, ProberOptions options, TimeProvider time, ILogger<ReasoningProber> logger)
    : ILeaderService, IDisposable
{
    private const int AtOnce = 8;

    // A kubelet brings a changed ConfigMap within its sync period and its cache's age: up to two minutes.
    private const int QuickTries = 30;
    private static readonly TimeSpan Quick = TimeSpan.FromSeconds(5), Seldom = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<NamespacedName, Asked> _asked = new();
    private readonly Channel<Asked> _orders = Channel.CreateUnbounded<Asked>();
    private readonly SemaphoreSlim _places = new(AtOnce);

    /// <summary>What is known of an order; orders it where nothing is. Never waits.</summary>
    public ProbeOutcome? Look(ProbeOrder order)
    {
        if (!options.Enabled) return null;
        if (_asked.TryGetValue(order.Deployment, out var asked) && asked.Order.Mark == order.Mark && (asked.Outcome?.Settled == true || SameQuestion(asked.Order, order))) return asked.Outcome;
        var fresh = new Asked(order);
        _asked[order.Deployment] = fresh;
        _orders.Writer.TryWrite(fresh);
        return null;
    }

    /// <summary>Forgets a NemotronDeployment that is gone.</summary>
    public void Forget(NamespacedName deployment) => _asked.TryRemove(deployment, out _);

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var asked in _orders.Reader.ReadAllAsync(cancellationToken)) _ = CarryOutAsync(asked, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Whoever leads next asks anew what is not settled.
            _asked.Clear();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _places.Dispose();

    private async Task CarryOutAsync(Asked asked, CancellationToken cancellationToken)
    {
        try
        {
            for (var tries = 1; Current(asked); tries++)
            {
                var outcome = await AskAsync(asked.Order, cancellationToken);
                if (!Current(asked)) return;
                if (outcome != asked.Outcome)
                {
                    asked.Outcome = outcome;
                    LogOutcome(asked.Order.Deployment, asked.Order.Pod, outcome.Result, outcome.Message);
                    // What nobody answers changes nothing in the status.
                    if (outcome.Result is not (ProbeResult.NotReached or ProbeResult.SettingsOnTheirWay)) queue.Enqueue(asked.Order.Deployment);
                }

                if (outcome.Settled) return;
                await Task.Delay(Again(outcome.Result, tries), time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }

    private async Task<ProbeOutcome> AskAsync(ProbeOrder order, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken);
        try
        {
            return await probe.AskAsync(order, cancellationToken);
        }
        finally
        {
            _places.Release();
        }
    }

    // A budget that is lowered for a time is the same mark, and settings that the gateway has under another name.
    private static bool SameQuestion(ProbeOrder one, ProbeOrder other) => one.Pod == other.Pod && one.Settings.Revision == other.Settings.Revision;

    private bool Current(Asked asked) => _asked.TryGetValue(asked.Order.Deployment, out var now) && ReferenceEquals(now, asked);

    // What cannot be reached a few times is no matter of seconds.
    private static TimeSpan Again(ProbeResult result, int tries) => tries < (result == ProbeResult.SettingsOnTheirWay ? QuickTries : QuickTries / 6) ? Quick : Seldom;

    [LoggerMessage(1, LogLevel.Debug, "Reasoning mode of {Deployment}, asked at pod {Pod}: {Result}. {Message}")]
    private partial void LogOutcome(NamespacedName deployment, string pod, ProbeResult result, string message);

    private sealed class Asked(ProbeOrder order)
    {
        private volatile ProbeOutcome? _outcome;

        public ProbeOrder Order => order;

        public ProbeOutcome? Outcome
        {
            get => _outcome;
            set => _outcome = value;
        }
    }
}

/// <summary>Whether replicas are probed.</summary>
/// <param name="Enabled">False leaves every mode unverified: for clusters whose pods cannot be reached from the operator.</param>
internal sealed record ProberOptions(bool Enabled);
