using Nemotron.Planning.Capacity;

namespace Nemotron.Planning.Serving;

/// <summary>An engine and its front end in virtual time: requests are sent to it, and it is moved on from event to event.</summary>
internal sealed class VirtualServer : IEngineListener
{
    private readonly FrontEnd _frontEnd;
    private readonly TimeSpan _latency;
    private readonly Action<ServedRequest> _served;

    // Requests that clients have yet to send, and those between front end and engine.
    private readonly PriorityQueue<ServingRequest, (TimeSpan At, long Order)> _sends = new();
    private readonly Queue<(ServingRequest Request, TimeSpan Sent, TimeSpan At)> _onTheWay = [];
    private readonly Dictionary<long, (TimeSpan Sent, TimeSpan First)> _inFlight = [];
    private TimeSpan _streamed;
    private long _order;

    /// <summary>Makes an idle server.</summary>
    /// <param name="model">What steps cost.</param>
    /// <param name="limits">What bounds the batches.</param>
    /// <param name="served">Hears of each request that ends, with the times at the client: sent, first token, last token.</param>
    public VirtualServer(StepModel model, EngineLimits limits, Action<ServedRequest> served)
    {
        Engine = new EngineSimulator(model, limits);
        _frontEnd = new FrontEnd(model.Engine.Overheads);
        _latency = TimeSpan.FromSeconds(model.Engine.Overheads.LatencySeconds);
        _served = served;
    }

    public EngineSimulator Engine { get; }

    public TimeSpan Now { get; private set; }

    /// <summary>Seconds that requests have been in the engine's batch, summed.</summary>
    public double InBatchSeconds { get; private set; }

    /// <summary>Has a client send a request at a time that is not past.</summary>
    public void Send(in ServingRequest request, TimeSpan at) => _sends.Enqueue(request, (at, _order++));

    /// <summary>Goes on to the end of the next steps, or to the next request where the engine is idle.</summary>
    /// <param name="seconds">How long the steps took; 0 if there were none.</param>
    /// <returns>False if nothing is left to do.</returns>
    public bool Advance(out double seconds)
    {
        seconds = 0;
        TakeIn();
        var next = NextArrival();
        if (!Engine.StartSteps(Now, int.MaxValue, next))
        {
            if (next is not { } coming) return false;
            Now = coming;
            return true;
        }
        var start = Now;
        Now = Engine.StepsEnd;
        seconds = (Now - start).TotalSeconds;
        // The front end takes things in turn: requests that reach it before these steps end come before their tokens.
        PassUntil(Now);
        _streamed = _frontEnd.Stream(start, Now, Engine.StepsUnderWay, Engine.Work.Sampled);
        Engine.FinishSteps(this);
        return true;
    }

    void IEngineListener.FirstToken(in ServingRequest request, TimeSpan at) =>
        _inFlight[request.Id] = _inFlight[request.Id] with { First = _streamed };

    void IEngineListener.Finished(in ServedRequest served)
    {
        _inFlight.Remove(served.Request.Id, out var times);
        InBatchSeconds += (served.Finished - served.Admitted).TotalSeconds;
        _served(served with { Arrived = times.Sent, FirstToken = times.First, Finished = _streamed });
    }

    private void PassUntil(TimeSpan time)
    {
        while (_sends.TryPeek(out var request, out var key) && key.At + _latency <= time)
        {
            _sends.Dequeue();
            _onTheWay.Enqueue((request, key.At, _frontEnd.Pass(key.At, request.PromptTokens)));
        }
    }

    private void TakeIn()
    {
        PassUntil(Now);
        while (_onTheWay.TryPeek(out var next) && next.At <= Now)
        {
            _onTheWay.Dequeue();
            if (!Engine.CanServe(next.Request))
            {
                _served(new ServedRequest { Request = next.Request, Arrived = next.Sent, Admitted = next.At, Finished = next.At, Cancelled = true });
                continue;
            }
            _inFlight.Add(next.Request.Id, (next.Sent, default));
            Engine.Submit(next.Request, next.At);
        }
    }

    // The soonest that the engine can hear of another request.
    private TimeSpan? NextArrival()
    {
        if (_onTheWay.TryPeek(out var arriving)) return arriving.At;
        return _sends.TryPeek(out _, out var key) ? key.At + _latency : null;
    }
}
