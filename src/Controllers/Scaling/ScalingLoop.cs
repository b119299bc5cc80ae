using Microsoft.Extensions.Logging;
using Nemotron.Controllers.Deployments;
using Nemotron.Controllers.Prometheus;
using Nemotron.Crds;
using Nemotron.Kube;
using Nemotron.Planning.Placement;
using Nemotron.Planning.Scaling;

namespace Nemotron.Controllers.Scaling;

/// <summary>
/// Every tick: asks Prometheus a fixed handful of questions about the whole fleet, decides for each deployment that declares autoscaling, and puts the
/// verdicts up for the reconciler. Only the leader does.
/// </summary>
internal sealed partial class ScalingLoop(
    IInformerCache<NemotronDeployment> deployments,
    DeploymentSnapshots snapshots,
    ScalingBoard board,
    ReplicaCapacities capacities,
    ScalingMetrics metrics,
    IReconcileQueue<NemotronDeployment> queue,
    TimeProvider time,
    ScalingSettings settings,
    ILogger<ScalingLoop> logger,
    HeldRequests held,
    IPrometheus? prometheus = null) : ILeaderService
{
    private readonly Dictionary<NamespacedName, IReadOnlySet<string>> _ready = [];
    private string? _trouble;
    private readonly IReadOnlyDictionary<FleetSignal, string> _queries = FleetQueries.All(settings.Prometheus?.Matchers ?? "", settings.Prometheus?.Window ?? TimeSpan.FromMinutes(1));

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (prometheus is null) return;
        // What a former term of leading left is old.
        _ready.Clear();
        using var timer = new PeriodicTimer(settings.Interval, time);
        do await TickAsync(prometheus, cancellationToken);
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    /// <summary>One round.</summary>
    internal async Task TickAsync(IPrometheus source, CancellationToken cancellationToken)
    {
        var scaled = deployments.List().Where(entity => entity.Spec.Autoscaling is not null && entity.Metadata.DeletionTimestamp is null).ToList();
        Forget(scaled);
        if (scaled.Count == 0) return;
        var started = time.GetTimestamp();
        var looked = scaled.Select(snapshots.Of).ToList();
        var waiting = held.ReadAsync(
            [.. looked.Where(snapshot => snapshot.Front.Counts is not null).Select(snapshot => KeyValuePair.Create(NamespacedName.Of(snapshot.Entity), snapshot.Front.Counts!))], cancellationToken);
        var (reading, trouble) = await AskAsync(source, cancellationToken);
        var free = new Dictionary<(string Pool, GroupShape Shape), int>();
        foreach (var snapshot in looked)
            Decide(snapshot, reading, trouble, (await waiting).TryGetValue(NamespacedName.Of(snapshot.Entity), out var count) ? new Reading(count, TimeSpan.Zero) : null, free);
        metrics.Ticks.WithLabels(trouble is null ? "answered" : "failed").Inc();
        metrics.TickTime.Observe(time.GetElapsedTime(started).TotalSeconds);
    }

    private async Task<(FleetReading? Reading, string? Trouble)> AskAsync(IPrometheus source, CancellationToken cancellationToken)
    {
        metrics.Queries.Inc(_queries.Count);
        try
        {
            var asked = _queries.Select(async query => (query.Key, Answer: await source.QueryAsync(query.Value, cancellationToken))).ToList();
            var answers = await Task.WhenAll(asked);
            if (_trouble is not null) LogAnswered();
            _trouble = null;
            return (FleetReading.Of(answers.ToDictionary(answer => answer.Key, answer => answer.Answer)), null);
        }
        catch (PrometheusException e)
        {
            // Half an answer would be a picture of half the fleet.
            if (_trouble != e.Message) LogUnanswered(e.Message);
            _trouble = e.Message;
            return (null, e.Message);
        }
    }

    private void Decide(DeploymentSnapshot snapshot, FleetReading? reading, string? trouble, Reading? waiting, Dictionary<(string, GroupShape), int> free)
    {
        var entity = snapshot.Entity;
        var key = NamespacedName.Of(entity);
        var now = snapshot.Now;
        var before = board.Of(key, entity.Metadata.Uid);
        var former = before?.State ?? ScalingStateText.Read(entity.Status?.Autoscaler?.State);
        var state = former;
        var replica = capacities.Of(snapshot);
        var pods = ServedPods.Of(snapshot, _ready.GetValueOrDefault(key), // In a fleet the arbiter says what there is room for, and must hear what is wanted.
            replica is null || snapshot.Fleet is not null ? null : FreeGroups(snapshot, replica, free));
        // Where nothing has been started yet there is no zero to stay at.
        var policy = ScalingPolicies.Of(entity, mayBeZero: snapshot.Front.Serves || snapshot.Workload(inGroups: null)?.Replicas == 0);
        _ready[key] = pods.Ready.ToHashSet(StringComparer.Ordinal);
        var signals = SignalAssembly.Of(pods, reading, policy, now) with { Held = waiting };
        ScalingDecision? decision = null;
        if (replica?.Capacity is { } capacity)
        {
            try
            {
                (decision, state) = ScalingDecider.Decide(policy, capacity, signals, state, now);
            }
            catch (ArgumentException e)
            {
                // A schedule that cannot be read; the status says which.
                trouble ??= e.Message;
            }
        }

        if (decision is not null)
        {
            metrics.Decided(key, decision.Current, decision.Desired);
            if (decision.Desired != decision.Current && policy.Acts && before?.Decision?.Desired != decision.Desired)
            {
                metrics.Changes.WithLabels(decision.Desired > decision.Current ? "up" : "down", decision.Reason.ToString()).Inc();
                LogDecided(key, decision.Current, decision.Desired, decision.Message);
            }
        }

        var pressure = PressureOf.Policy(entity) is { } rule
            ? BudgetPressure.Decide(rule, before?.Pressure ?? PressureOf.Kept(entity), PressureSignals.Of(policy, decision, signals, snapshot.Fleet?.Grant is { } grant && grant.Granted < grant.Wanted ? grant.Granted : null), now)
            : null;
        var shownBefore = before?.Shown ?? ShownBefore(entity, former);
        var verdict = new ScalingVerdict
        {
            Decision = decision,
            State = state,
            Pressure = pressure,
            At = now,
            Metrics = MetricsHealthOf.Deployment(signals, reading, trouble, replica),
            Shown = ShownScaling.Next(shownBefore, decision, state, signals, now),
        };
        if (board.Put(key, entity.Metadata.Uid, verdict)) queue.Enqueue(key);
    }

    // What the status shows already need not be written again by a new leader.
    private static ShownScaling? ShownBefore(NemotronDeployment entity, ScalingState state) => entity.Status?.Autoscaler is not { State: { } text } autoscaler ? null : new ShownScaling
    {
        At = state.LastTick ?? default,
        StateAt = state.LastTick ?? default,
        Recommended = autoscaler.RecommendedReplicas,
        KvPercent = entity.Status.KvUtilizationPercent,
        TokensPerSecond = entity.Status.TokensPerSecond,
        State = text,
    };

    private static int? FreeGroups(DeploymentSnapshot snapshot, Replica replica, Dictionary<(string, GroupShape), int> known)
    {
        if (known.TryGetValue((replica.Pool, replica.Shape), out var groups)) return groups;
        if (snapshot.Pools.FirstOrDefault(pool => pool.Pool.Metadata.Name == replica.Pool) is not { } pool) return null;
        return known[(replica.Pool, replica.Shape)] = TpGroups.FreeGroups(pool.Nodes, replica.Shape) + TpGroups.FreeGroups(NodesToCome.Of(pool, snapshot.Now), replica.Shape);
    }

    private void Forget(IReadOnlyList<NemotronDeployment> scaled)
    {
        var keys = scaled.Select(NamespacedName.Of).ToHashSet();
        foreach (var gone in _ready.Keys.Where(key => !keys.Contains(key)).ToList())
        {
            _ready.Remove(gone);
            metrics.Forget(gone);
        }

        board.KeepOnly(keys);
        capacities.KeepOnly(scaled.Select(entity => entity.Metadata.Uid).ToHashSet(StringComparer.Ordinal));
    }

    [LoggerMessage(1, LogLevel.Warning, "Prometheus does not answer, so every number of replicas is held: {Why}")]
    private partial void LogUnanswered(string why);

    [LoggerMessage(3, LogLevel.Information, "Prometheus answers again.")]
    private partial void LogAnswered();

    [LoggerMessage(2, LogLevel.Information, "{Key}: {From} to {To} replicas. {Why}")]
    private partial void LogDecided(NamespacedName key, int from, int to, string why);
}
