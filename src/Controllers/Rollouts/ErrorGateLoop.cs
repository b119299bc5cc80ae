using k8s.Autorest;
using k8s.Models;
using Microsoft.Extensions.Logging;
using Nemotron.Controllers.Deployments;
using Nemotron.Controllers.Deployments.Children;
using Nemotron.Controllers.Prometheus;
using Nemotron.Controllers.Scaling;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.Rollouts;

/// <summary>
/// While rollouts with <c>maxErrorPercent</c> are under way: asks Prometheus three questions about all gateways and puts a verdict up for each such rollout. Only the leader does.
/// </summary>
internal sealed partial class ErrorGateLoop(
    IInformerCache<NemotronDeployment> deployments,
    IInformerCache<V1Deployment> workloads,
    IInformerCache<PodView> pods,
    IRevisions revisions,
    GateBoard board,
    IReconcileQueue<NemotronDeployment> queue,
    TimeProvider time,
    ScalingSettings settings,
    ILogger<ErrorGateLoop> logger,
    IPrometheus? prometheus = null) : ILeaderService
{
    private readonly Dictionary<string, DateTimeOffset> _readySince = new(StringComparer.Ordinal);
    private readonly Dictionary<NamespacedName, RolloutEvidence> _evidence = [];

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (prometheus is null) return;
        // What a former term of leading left is old.
        _readySince.Clear();
        _evidence.Clear();
        board.KeepOnly(new HashSet<NamespacedName>());
        using var timer = new PeriodicTimer(settings.Interval < ErrorGate.LongestPause ? settings.Interval : ErrorGate.LongestPause, time);
        do await TickAsync(prometheus, cancellationToken);
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    /// <summary>One round.</summary>
    internal async Task TickAsync(IPrometheus source, CancellationToken cancellationToken)
    {
        var rollouts = deployments.List().Select(RolloutOf).OfType<Rollout>().ToList();
        var keys = rollouts.Select(rollout => rollout.Key).ToHashSet();
        board.KeepOnly(keys);
        foreach (var ended in _evidence.Keys.Where(key => !keys.Contains(key)).ToList()) _evidence.Remove(ended);
        if (rollouts.Count == 0)
        {
            _readySince.Clear();
            return;
        }

        var (counts, trouble) = await AskAsync(source, cancellationToken);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var rollout in rollouts)
        {
            if (await NewestAsync(rollout, cancellationToken) is not { } newest) continue;
            var own = DeploymentSnapshots.PodsOf(pods, rollout.Entity).Where(pod => !pod.Ended && Revisions.IsOf(pod, newest)).ToList();
            seen.UnionWith(own.Where(pod => pod.Ready).Select(pod => pod.Metadata.Uid));
            IReadOnlyList<NewReplica> replicas =
            [
                .. own.Select(pod => new NewReplica(
                    pod.Metadata.Name, pod.Metadata.Uid, ReadyFor(pod), counts.TryGetValue((pod.Metadata.NamespaceProperty, pod.Metadata.Name), out var known) ? known : null)),
            ];
            if (!_evidence.TryGetValue(rollout.Key, out var evidence) || evidence.Template != rollout.Template) _evidence[rollout.Key] = evidence = new RolloutEvidence(rollout.Template);
            if (trouble is null) evidence.Take(replicas);
            var verdict = ErrorGate.Judge(rollout.Template, rollout.Limit, evidence.Counts, replicas, trouble, FailedBefore(rollout));
            if (!board.Put(rollout.Key, verdict)) continue;
            if (verdict.Holds is not null) LogHolds(rollout.Key, verdict.Message);
            queue.Enqueue(rollout.Key);
        }

        foreach (var gone in _readySince.Keys.Where(uid => !seen.Contains(uid)).ToList()) _readySince.Remove(gone);
    }

    private sealed record Rollout(NemotronDeployment Entity, V1Deployment Live, string Template, int Limit)
    {
        public NamespacedName Key => NamespacedName.Of(Entity);
    }

    // One under way: replicas of older templates are there yet. One that was paused is looked at too, so that it goes on.
    private Rollout? RolloutOf(NemotronDeployment entity)
    {
        if (entity.Metadata.DeletionTimestamp is not null || ErrorGate.Limit(entity.Spec, inGroups: false, hasPrometheus: true) is not { } limit) return null;
        return workloads.Get(entity.Metadata.NamespaceProperty, ChildNames.Deployment(entity.Metadata.Name)) is { } live
            && (live.Spec.Paused == true || LiveWorkload.Of(live) is { RollsOut: true })
            && ErrorGate.TemplateOf(live) is { } template
            ? new Rollout(entity, live, template, limit)
            : null;
    }

    // By this process, or by the one that led before.
    private string? FailedBefore(Rollout rollout) =>
        ErrorGate.Holding(rollout.Live, board.Of(rollout.Key), rollout.Entity.Status) is { Holds: ConditionReasons.GateFailed } held ? held.Message : null;

    private async Task<string?> NewestAsync(Rollout rollout, CancellationToken cancellationToken)
    {
        try
        {
            return await revisions.NewestAsync(rollout.Live, rollout.Entity.Metadata.Name, cancellationToken);
        }
        catch (Exception e) when (e is HttpOperationException or HttpRequestException or IOException or TimeoutException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            LogNoRevision(rollout.Key, ApiErrors.Describe(e));
            return null;
        }
    }

    private TimeSpan? ReadyFor(PodView pod)
    {
        if (!pod.Ready)
        {
            _readySince.Remove(pod.Metadata.Uid);
            return null;
        }

        var now = time.GetUtcNow();
        if (!_readySince.TryGetValue(pod.Metadata.Uid, out var since)) _readySince[pod.Metadata.Uid] = since = now;
        return now - since;
    }

    private async Task<(IReadOnlyDictionary<(string Namespace, string Pod), RequestCounts> Counts, string? Trouble)> AskAsync(IPrometheus source, CancellationToken cancellationToken)
    {
        try
        {
            var matchers = settings.Prometheus?.Matchers ?? "";
            var served = source.QueryAsync(RolloutQueries.Ended(matchers, failed: false), cancellationToken);
            var failed = source.QueryAsync(RolloutQueries.Ended(matchers, failed: true), cancellationToken);
            var scraped = source.QueryAsync(RolloutQueries.Scraped(matchers), cancellationToken);
            return (RolloutQueries.Counts(await scraped, await served, await failed), null);
        }
        catch (PrometheusException e)
        {
            return (new Dictionary<(string, string), RequestCounts>(), e.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "{Key}: the rollout is held. {Why}")]
    private partial void LogHolds(NamespacedName key, string why);

    [LoggerMessage(2, LogLevel.Warning, "{Key}: which of its pods are the newest is not known, so its rollout is not judged: {Why}")]
    private partial void LogNoRevision(NamespacedName key, string why);
}
