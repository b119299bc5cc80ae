using Nemotron.Planning.Serving;

namespace Nemotron.Planning.Simulation;

/// <summary>
/// A fleet of one deployment in virtual time: a trace of requests, least-loaded routing, replicas simulated event by event, scrapes with
/// their delays, and a policy that is asked every 15 s. Deterministic: same scenario and policy, same outcome.
/// </summary>
public sealed class FleetSimulator
{
    /// <summary>Time between two decisions.</summary>
    public static readonly TimeSpan TickInterval = TimeSpan.FromSeconds(15);

    /// <summary>Time between two scrapes of a replica.</summary>
    public static readonly TimeSpan ScrapeInterval = TimeSpan.FromSeconds(15);

    /// <summary>How long decisions are made but not followed, so that none is judged on a fleet without a history.</summary>
    public static readonly TimeSpan WarmUp = TimeSpan.FromMinutes(5);

    /// <summary>Window of rates and percentiles.</summary>
    public static readonly TimeSpan RateWindow = TimeSpan.FromMinutes(1);

    private readonly FleetScenario _scenario;
    private readonly IScalingPolicy _policy;
    private readonly FleetRecorder _recorder;
    private readonly SignalWindow? _signals;
    private readonly List<SimulatedReplica> _replicas = [];
    private readonly ReadyReplicas _ready = new();
    private readonly PriorityQueue<(EventKind Kind, SimulatedReplica? Replica), EventTime> _events = new();
    private readonly Queue<ServingRequest> _held = [];
    private readonly FleetRequests _requests;
    private readonly TimeSpan _end;
    private int _asked;
    private int _made;
    private int _nextRequest;
    private int _unended;
    private long _order;
    private TimeSpan? _leadTime;

    private FleetSimulator(FleetScenario scenario, IScalingPolicy policy, bool keepTimeline)
    {
        _scenario = scenario;
        _policy = policy;
        _recorder = new FleetRecorder(scenario, keepTimeline);
        _requests = new FleetRequests(scenario.Trace);
        _signals = policy.ReadsSignals || keepTimeline ? new SignalWindow(RateWindow, scenario) : null;
        _end = scenario.Trace.Count > 0 ? scenario.Trace[^1].Sent : TimeSpan.Zero;
        _unended = scenario.Trace.Count;
    }

    private enum EventKind
    {
        Replica,
        Ready,
        Scrape,
        Tick,
        Failure,
    }

    /// <summary>Runs a trace from its start until its last request has ended. GPU time counts up to the last arrival.</summary>
    /// <param name="scenario">The fleet and its load.</param>
    /// <param name="policy">A policy that has decided nothing yet.</param>
    /// <param name="keepTimeline">Whether the outcome has a timeline to plot.</param>
    /// <param name="progress">Told the share of the trace that is done, at every tick.</param>
    /// <param name="cancellation">Stops the run.</param>
    public static FleetOutcome Run(
        FleetScenario scenario, IScalingPolicy policy, bool keepTimeline = false, Action<double>? progress = null, CancellationToken cancellation = default) =>
        new FleetSimulator(scenario, policy, keepTimeline).Run(progress, null, cancellation)!;

    /// <summary>As <see cref="Run(FleetScenario, IScalingPolicy, bool, Action{double}, CancellationToken)"/>, but gives a run up as soon as its outcome cannot matter.</summary>
    /// <param name="scenario">The fleet and its load.</param>
    /// <param name="policy">A policy that has decided nothing yet.</param>
    /// <param name="worthwhile">Asked at every tick whether to go on.</param>
    /// <param name="cancellation">Stops the run.</param>
    /// <returns>The outcome; null where the run was given up.</returns>
    public static FleetOutcome? RunWhile(FleetScenario scenario, IScalingPolicy policy, Func<FleetStanding, bool> worthwhile, CancellationToken cancellation = default) =>
        new FleetSimulator(scenario, policy, keepTimeline: false).Run(null, worthwhile, cancellation);

    private FleetOutcome? Run(Action<double>? progress, Func<FleetStanding, bool>? worthwhile, CancellationToken cancellation)
    {
        _asked = Math.Max(0, _scenario.InitialReplicas);
        for (var i = 0; i < _asked; i++) BecomeReady(Create(TimeSpan.Zero, TimeSpan.Zero), TimeSpan.Zero);
        Schedule(TickInterval, EventKind.Tick);
        foreach (var at in _scenario.Failures) Schedule(at, EventKind.Failure);
        while (_unended > 0)
        {
            var arrival = _nextRequest < _scenario.Trace.Count ? _scenario.Trace[_nextRequest].Sent : TimeSpan.MaxValue;
            if (!_events.TryPeek(out _, out var key)) key = new EventTime(TimeSpan.MaxValue, 0);
            if (arrival == TimeSpan.MaxValue && key.At == TimeSpan.MaxValue) break;
            if (arrival <= key.At)
            {
                Route(_requests.At(_nextRequest++), arrival);
                continue;
            }
            var (kind, replica) = _events.Dequeue();
            switch (kind)
            {
                case EventKind.Replica: OnReplica(replica!, key.At); break;
                case EventKind.Ready: OnReady(replica!, key.At); break;
                case EventKind.Scrape: OnScrape(replica!, key.At); break;
                case EventKind.Failure: OnFailure(key.At); break;
                default:
                    cancellation.ThrowIfCancellationRequested();
                    OnTick(key.At);
                    if (worthwhile is not null && !worthwhile(_recorder.Standing(_replicas, key.At < _end ? key.At : _end))) return null;
                    progress?.Invoke(_end == TimeSpan.Zero ? 1 : Math.Min(1, key.At / _end));
                    break;
            }
        }
        // Whoever is held when nothing can happen any more was never served.
        while (_held.TryDequeue(out _)) _recorder.Lost();
        return _recorder.Outcome(_replicas, _end);
    }

    private void Schedule(TimeSpan at, EventKind kind, SimulatedReplica? replica = null) => _events.Enqueue((kind, replica), new EventTime(at, _order++));

    private SimulatedReplica Create(TimeSpan now, TimeSpan startUp)
    {
        var replica = new SimulatedReplica(_made++, now, now + startUp, _scenario, _requests, _recorder, OnServed);
        _replicas.Add(replica);
        if (startUp > TimeSpan.Zero) Schedule(replica.ReadyAt, EventKind.Ready, replica);
        return replica;
    }

    private void OnReady(SimulatedReplica replica, TimeSpan now)
    {
        if (replica.Phase != ReplicaPhase.Loading) return;
        _leadTime = now - replica.Created;
        BecomeReady(replica, now);
    }

    private void BecomeReady(SimulatedReplica replica, TimeSpan now)
    {
        replica.Phase = ReplicaPhase.Ready;
        replica.IdleSince = now;
        _ready.Add(replica);
        if (_signals is not null)
        {
            // Scrapes of different replicas are spread over the interval, as Prometheus spreads them: by a hash of the target.
            var phase = (uint)(replica.Id * 2654435761u) % 1000 / 1000.0;
            Schedule(now + phase * ScrapeInterval, EventKind.Scrape, replica);
        }
        while (_held.TryDequeue(out var held)) Route(held, now);
    }

    private void Route(in ServingRequest request, TimeSpan now)
    {
        if (_ready.Least is not { } least)
        {
            _held.Enqueue(request);
            return;
        }
        var before = least.NextEvent;
        least.Send(request, now);
        _ready.Changed(least);
        Reschedule(least, before);
    }

    private void OnReplica(SimulatedReplica replica, TimeSpan now)
    {
        // An event that was moved leaves its old entry behind.
        if (replica.Phase == ReplicaPhase.Gone || replica.NextEvent != now) return;
        replica.Advance(now);
        if (replica.Phase == ReplicaPhase.Draining && replica.InFlight == 0) Remove(replica, now);
        else Reschedule(replica, null);
    }

    private void Reschedule(SimulatedReplica replica, TimeSpan? before)
    {
        if (replica.NextEvent is { } next && next != before) Schedule(next, EventKind.Replica, replica);
    }

    private void OnScrape(SimulatedReplica replica, TimeSpan now)
    {
        if (replica.Phase == ReplicaPhase.Gone) return;
        if (!InOutage(now)) _signals!.Add(replica, now, _scenario.Limits.BlockTokens);
        Schedule(now + ScrapeInterval, EventKind.Scrape, replica);
    }

    private bool InOutage(TimeSpan now)
    {
        foreach (var (from, to) in _scenario.Outages)
        {
            if (now >= from && now < to) return true;
        }
        return false;
    }

    private void OnFailure(TimeSpan now)
    {
        var victim = _replicas.Where(replica => replica.Phase == ReplicaPhase.Ready).MaxBy(replica => replica.InFlight);
        if (victim is null) return;
        victim.Crash(now);
        Remove(victim, now);
        Create(now, _scenario.StartUp);
    }

    private void OnTick(TimeSpan now)
    {
        var signals = _signals?.Read(now, _replicas, _asked, _held.Count, _leadTime) ?? new Scaling.ScalingSignals { Replicas = _asked, Ready = _ready.Count };
        if (InOutage(now)) signals = new Scaling.ScalingSignals { Replicas = signals.Replicas, Ready = signals.Ready, PendingFor = signals.PendingFor };
        _leadTime = null;
        if (now <= _end)
        {
            var (min, max) = (_scenario.Spec.ScaleToZero is null ? _scenario.Spec.MinReplicas : 0, _scenario.Spec.MaxReplicas);
            var wanted = Math.Clamp(_policy.Decide(new FleetView(now, _scenario.Start + now, signals)), min, max);
            if (now <= WarmUp && _policy is not Policies.PlannedPolicy) wanted = _asked;
            _recorder.Tick(now, signals, _replicas, _asked, wanted, _held.Count);
            if (wanted != _asked) Resize(wanted, now);
        }
        if (_unended > 0 && (now <= _end || _events.Count > 0)) Schedule(now + TickInterval, EventKind.Tick);
    }

    private void Resize(int wanted, TimeSpan now)
    {
        for (; _asked < wanted; _asked++) Create(now, _scenario.StartUp);
        while (_asked > wanted)
        {
            _asked--;
            // As the operator does it: a replica that still loads goes first, then the one with the least to finish.
            var victim = _replicas.LastOrDefault(replica => replica.Phase == ReplicaPhase.Loading)
                ?? _replicas.Where(replica => replica.Phase == ReplicaPhase.Ready).MinBy(replica => replica.InFlight);
            if (victim is null) continue;
            if (victim.InFlight == 0)
            {
                Remove(victim, now);
                continue;
            }
            victim.Phase = ReplicaPhase.Draining;
            _ready.Remove(victim);
        }
    }

    private void Remove(SimulatedReplica replica, TimeSpan now)
    {
        _ready.Remove(replica);
        replica.EndIdle(now);
        replica.Phase = ReplicaPhase.Gone;
        replica.Ended = now;
    }

    private void OnServed(SimulatedReplica replica, ServedRequest served)
    {
        _unended--;
        _ready.Changed(replica);
        _recorder.Served(served);
    }

    // Events of one time are handled in the order in which they were scheduled.
    private readonly record struct EventTime(TimeSpan At, long Order) : IComparable<EventTime>
    {
        public int CompareTo(EventTime other) => At.Ticks != other.At.Ticks ? (At.Ticks < other.At.Ticks ? -1 : 1) : Order.CompareTo(other.Order);
    }
}
