using Nemotron.Planning.Serving;

namespace Nemotron.Planning.Simulation;

/// <summary>Where a simulated replica is in its life.</summary>
internal enum ReplicaPhase
{
    /// <summary>Created, takes GPUs, serves nothing yet.</summary>
    Loading,

    /// <summary>Serves.</summary>
    Ready,

    /// <summary>Takes no new request and ends the ones it has.</summary>
    Draining,

    /// <summary>Gone; its GPUs are free.</summary>
    Gone,
}

/// <summary>
/// One replica of a simulated fleet: an engine and its front end, moved on from event to event by <see cref="FleetSimulator"/>. Unlike
/// <see cref="VirtualServer"/> it does not know the requests to come, so a run of decode steps is cut when one is routed here.
/// </summary>
internal sealed class SimulatedReplica : IEngineListener
{
    private readonly FrontEnd _frontEnd;
    private readonly EngineSimulator _engine;
    private readonly FleetRecorder _recorder;
    private readonly Action<SimulatedReplica, ServedRequest> _served;
    private readonly FleetRequests _requests;
    private readonly Queue<(ServingRequest Request, TimeSpan At)> _onTheWay = [];
    private TimeSpan _stepsStart;
    private TimeSpan _streamed;

    public SimulatedReplica(int id, TimeSpan created, TimeSpan readyAt, FleetScenario scenario, FleetRequests requests, FleetRecorder recorder, Action<SimulatedReplica, ServedRequest> served)
    {
        (Id, Created, ReadyAt, _requests, _recorder, _served) = (id, created, readyAt, requests, recorder, served);
        _frontEnd = new FrontEnd(scenario.Model.Engine.Overheads);
        _engine = new EngineSimulator(scenario.Model, scenario.Limits);
        Counters = new ReplicaCounters();
    }

    public int Id { get; }

    public TimeSpan Created { get; }

    public TimeSpan ReadyAt { get; }

    public TimeSpan? Ended { get; set; }

    /// <summary>Its place among those that serve, kept by <see cref="ReadyReplicas"/>; -1 where it is not among them.</summary>
    public int Place { get; set; } = -1;

    public ReplicaPhase Phase { get; set; } = ReplicaPhase.Loading;

    /// <summary>Requests that were routed here and have not ended.</summary>
    public int InFlight { get; private set; }

    public ReplicaCounters Counters { get; }

    /// <summary>Time without any request since it was ready, up to the last change.</summary>
    public TimeSpan Idle { get; private set; }

    /// <summary>Since when it has had no request; null while it has one.</summary>
    public TimeSpan? IdleSince { get; set; }

    /// <summary>When something happens here next; null if nothing does by itself.</summary>
    public TimeSpan? NextEvent => _engine.Busy ? _engine.StepsEnd : _onTheWay.TryPeek(out var next) ? next.At : null;

    public long KvBlocksUsed => _engine.KvBlocksUsed;

    public long KvBlocksTotal => _engine.KvBlocksTotal;

    public int Running => _engine.Running;

    /// <summary>Requests that the last batch had no place for: engines count after they have made one up, so those that came since are not among them.</summary>
    public int Waiting { get; private set; }

    /// <summary>Routes a request here.</summary>
    public void Send(in ServingRequest request, TimeSpan now)
    {
        EndIdle(now);
        var mode = ReplicaCounters.ModeOf(request);
        Counters.Arrived[mode]++;
        Counters.InFlight[mode]++;
        var at = _frontEnd.Pass(now, request.PromptTokens);
        InFlight++;
        _requests.Route(request, Id);
        _onTheWay.Enqueue((request, at));
        _engine.Shorten(_onTheWay.Peek().At);
    }

    /// <summary>Handles what is due.</summary>
    public void Advance(TimeSpan now)
    {
        if (_engine.Busy)
        {
            if (_engine.StepsEnd > now) return;
            now = _engine.StepsEnd;
            _streamed = _frontEnd.Stream(_stepsStart, now, _engine.StepsUnderWay, _engine.Work.Sampled);
            Counters.CountSteps(_engine.StepsUnderWay, _engine.Work);
            _engine.FinishSteps(this);
        }
        while (_onTheWay.TryPeek(out var next) && next.At <= now)
        {
            _onTheWay.Dequeue();
            if (_engine.CanServe(next.Request)) _engine.Submit(next.Request, next.At);
            else End(new ServedRequest { Request = next.Request, Arrived = _requests.Sent(next.Request), Admitted = now, Finished = now, Cancelled = true });
        }
        _stepsStart = now;
        _engine.StartSteps(now, int.MaxValue, _onTheWay.TryPeek(out var coming) ? coming.At : null);
        Waiting = _engine.Waiting;
        if (InFlight == 0) IdleSince ??= now;
    }

    /// <summary>Loses every request, as a crash does.</summary>
    public void Crash(TimeSpan now)
    {
        InFlight = 0;
        foreach (var request in _requests.AtReplica(Id))
        {
            _requests.End(request);
            _served(this, new ServedRequest { Request = request, Arrived = _requests.Sent(request), FirstToken = _requests.First(request), Finished = now, Cancelled = true });
        }
        EndIdle(now);
    }

    /// <summary>Accounts for a time without requests that ends now.</summary>
    public void EndIdle(TimeSpan now)
    {
        if (IdleSince is { } since && now > since) Idle += now - since;
        IdleSince = null;
    }

    void IEngineListener.FirstToken(in ServingRequest request, TimeSpan at)
    {
        var ttft = _streamed - _requests.Sent(request);
        _requests.Begin(request, _streamed);
        var mode = ReplicaCounters.ModeOf(request);
        Counters.Decoding[mode]++;
        Counters.OutputTokens[mode]++;
        Counters.Ttft[mode].Add(ttft.TotalSeconds);
        _recorder.Began(ttft);
    }

    void IEngineListener.Finished(in ServedRequest served) =>
        End(served with { Arrived = _requests.Sent(served.Request), FirstToken = _requests.First(served.Request), Finished = _streamed });

    private void End(ServedRequest served)
    {
        InFlight--;
        _requests.End(served.Request);
        Counters.CountEnd(served);
        _served(this, served);
    }
}
