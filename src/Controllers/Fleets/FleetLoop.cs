using Microsoft.Extensions.Logging;
using Nemotron.Controllers.Deployments;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.Fleets;

/// <summary>
/// Whenever something has changed: arbitrates the fleets, the oldest first, and puts up what each deployment may have, for its reconciler to act on.
/// Only the leader does. Without a NemotronFleet it does nothing.
/// </summary>
internal sealed partial class FleetLoop(
    IInformerCache<NemotronDeployment> deployments,
    IInformerCache<PodView> pods,
    IInformerCache<NodeView> nodes,
    IInformerCache<GpuNodePool> pools,
    FleetState state,
    FleetMembership membership,
    FleetBoard board,
    FleetMetrics metrics,
    IReconcileQueue<NemotronDeployment> queue,
    IReconcileQueue<NemotronFleet> fleetQueue,
    TimeProvider time,
    ILogger<FleetLoop> logger) : ILeaderService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // Groups grow old and waiting counts, though nothing else changes.
    private static readonly TimeSpan AtLeastEvery = TimeSpan.FromSeconds(15);

    // A large fleet that changes all the time must not keep a core busy.
    private const int RestForEachTime = 10;

    // A new leader hears of every deployment by its first reconcile; one that never comes must not stop the others.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(60);

    private readonly Dictionary<string, DateTimeOffset> _empty = new(StringComparer.Ordinal);
    private readonly Dictionary<NamespacedName, string> _fleetOf = [];
    private readonly PlacementCheck _check = new(metrics);
    private readonly TierFallback _fallback = new();
    // Not times of day, which may be set back: when leading began, when the next look is allowed, and when it is due.
    private long? _since;
    private long _next = long.MinValue;
    private long _latest = long.MinValue;
    private long _seen = -1;

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        board.ForgetTerm();
        (_since, _next, _latest, _seen) = (time.GetTimestamp(), long.MinValue, long.MinValue, -1);
        using var timer = new PeriodicTimer(Interval, time);
        do Tick();
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    /// <summary>One look.</summary>
    internal void Tick()
    {
        var now = time.GetUtcNow();
        var started = time.GetTimestamp();
        // Before anything else is read: what changes meanwhile is seen at the next look.
        var seen = deployments.Changes + pods.Changes + nodes.Changes + pools.Changes + membership.Changes + board.Changes;
        var fleets = membership.Fleets;
        if (started < _next || (seen == _seen && started < _latest)) return;
        if (fleets.Count == 0)
        {
            Settle([]);
            _seen = seen;
            return;
        }

        var members = Members();
        var unheard = members.Values.SelectMany(list => list).Count(member => !board.TryDemand(NamespacedName.Of(member.Entity), member.Entity.Metadata.Uid, out _));
        if (unheard > 0 && _since is { } began && time.GetElapsedTime(began, started) < LongestSilence)
        {
            LogWaiting(unheard);
            return;
        }

        (_seen, _latest) = (seen, After(started, AtLeastEvery));
        var promised = new Dictionary<string, int>(StringComparer.Ordinal);
        var granted = new HashSet<NamespacedName>();
        foreach (var fleet in fleets) Arbitrate(fleet, members.GetValueOrDefault(fleet.Metadata.Name) ?? [], promised, granted, now);
        Settle(granted);
        var took = time.GetElapsedTime(started);
        metrics.Rounds.Observe(took.TotalSeconds);
        _next = After(started, took * RestForEachTime);
    }

    private long After(long timestamp, TimeSpan span) => timestamp + (long)(span.TotalSeconds * time.TimestampFrequency);

    private void Arbitrate(NemotronFleet fleet, IReadOnlyList<FleetMemberState> members, Dictionary<string, int> promised, HashSet<NamespacedName> granted, DateTimeOffset now)
    {
        var result = FleetArbitration.Of(fleet, members, state.Pools(), promised, uid => _empty.TryGetValue(uid, out var since) ? now - since : TimeSpan.Zero, now);
        foreach (var (member, claim, plan, grant) in result.Granted)
        {
            var key = NamespacedName.Of(member.Entity);
            if (claim.Wanted == 0 || claim.Held.Count > 0) _empty.Remove(member.Entity.Metadata.Uid);
            else _empty.TryAdd(member.Entity.Metadata.Uid, now);
            granted.Add(key);
            if (_fleetOf.TryGetValue(key, out var former) && former != grant.Fleet) metrics.Forget(key, former);
            _fleetOf[key] = grant.Fleet;
            metrics.Granted(key, grant);
            if (_check.Look(plan).Elsewhere is > 0 and var elsewhere) LogElsewhere(key, elsewhere);
            if (board.GrantOf(key, member.Entity.Metadata.Uid)?.Granted is { } number && number != grant.Granted) LogGranted(key, number, grant.Granted, grant.Message);
            if (board.Grant(key, member.Entity.Metadata.Uid, grant)) queue.Enqueue(key);
        }

        var fallbacks = _fallback.Decide(fleet, members, now);
        var before = board.ReportOf(fleet.Metadata.Name)?.Status.Fallbacks ?? fleet.Status?.Fallbacks ?? [];
        if (!board.Report(fleet.Metadata.Name, FleetReport.Of(fleet, result, fallbacks))) return;
        fleetQueue.Enqueue(NamespacedName.Of(fleet));
        List<FallbackStatus> changed = [.. before.Except(fallbacks), .. fallbacks.Except(before)];
        // Whoever stands in tells its clients so, or no more.
        foreach (var row in changed) queue.Enqueue(new NamespacedName(row.Namespace, row.ServedBy!));
        foreach (var row in changed.DistinctBy(row => (row.Namespace, row.Name)))
        {
            var key = new NamespacedName(row.Namespace, row.Name);
            var servedBy = fallbacks.FirstOrDefault(other => other.Namespace == row.Namespace && other.Name == row.Name)?.ServedBy;
            metrics.Fallback(key, servedBy);
            LogFallback(key, servedBy ?? key.Name);
            queue.Enqueue(key);
        }
    }

    // Those that nobody arbitrates about any more do as they like from now on.
    private void Settle(HashSet<NamespacedName> granted)
    {
        foreach (var gone in board.KeepGrants(granted))
        {
            queue.Enqueue(gone);
            if (_fleetOf.Remove(gone, out var fleet)) metrics.Forget(gone, fleet);
        }

        _fallback.KeepOnly(deployments.List().Select(NamespacedName.Of).ToHashSet());
        _check.KeepOnly(granted.Select(key => key.ToString()).ToHashSet(StringComparer.Ordinal));
        if (granted.Count == 0) _empty.Clear();
    }

    private Dictionary<string, List<FleetMemberState>> Members()
    {
        var members = new Dictionary<string, List<FleetMemberState>>(StringComparer.Ordinal);
        foreach (var entity in deployments.List().OrderBy(entity => entity.Metadata.NamespaceProperty, StringComparer.Ordinal).ThenBy(entity => entity.Metadata.Name, StringComparer.Ordinal))
        {
            if (entity.Metadata.DeletionTimestamp is not null) continue;
            var selecting = membership.Selecting(entity).ToList();
            if (selecting.Count == 0) continue;
            board.TryDemand(NamespacedName.Of(entity), entity.Metadata.Uid, out var demand);
            if (!members.TryGetValue(selecting[0].Metadata.Name, out var list)) members.Add(selecting[0].Metadata.Name, list = []);
            list.Add(new FleetMemberState(entity, FleetRules.For(selecting[0], entity), demand, DeploymentSnapshots.PodsOf(pods, entity), [.. selecting.Skip(1).Select(fleet => fleet.Metadata.Name)]));
        }

        return members;
    }

    [LoggerMessage(1, LogLevel.Debug, "Nothing is granted before {Count} more deployments have said what they want.")]
    private partial void LogWaiting(int count);

    [LoggerMessage(2, LogLevel.Information, "{Key}: from {From} to {To} replicas granted. {Why}")]
    private partial void LogGranted(NamespacedName key, int from, int to, string why);

    [LoggerMessage(4, LogLevel.Warning, "{Key}: its clients are served by the replicas of {ServedBy} from now on.")]
    private partial void LogFallback(NamespacedName key, string servedBy);

    [LoggerMessage(3, LogLevel.Debug, "{Key}: the scheduler bound {Count} replicas to other nodes than were planned.")]
    private partial void LogElsewhere(NamespacedName key, int count);
}
