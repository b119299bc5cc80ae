using Nemotron.Planning.Capacity;

namespace Nemotron.Planning.Serving;

/// <summary>A request of a trace and when its client sends it.</summary>
/// <param name="Sent">When, from the trace's start.</param>
/// <param name="Request">What.</param>
public readonly record struct TracedRequest(TimeSpan Sent, ServingRequest Request);

/// <summary>Runs a trace of requests through one simulated engine in virtual time.</summary>
public static class TraceReplay
{
    /// <summary>Replays a trace to its last token.</summary>
    /// <param name="model">What steps cost.</param>
    /// <param name="limits">What bounds the batches.</param>
    /// <param name="trace">The requests, by the time of their sending, each with an id of its own.</param>
    /// <returns>What became of each request, in the order of their ends. A request that is too large for the engine is cancelled at once, without a token.</returns>
    /// <exception cref="ArgumentException">The trace is not in order.</exception>
    public static IReadOnlyList<ServedRequest> Run(StepModel model, EngineLimits limits, IReadOnlyList<TracedRequest> trace)
    {
        var engine = new EngineSimulator(model, limits);
        var frontEnd = new FrontEnd(model.Engine.Overheads);
        var served = new Collected(trace.Count);
        var now = TimeSpan.Zero;
        var next = 0;
        TimeSpan? coming = null;
        while (true)
        {
            while (next < trace.Count)
            {
                if (next > 0 && trace[next].Sent < trace[next - 1].Sent) throw new ArgumentException("the trace is not in the order of sending", nameof(trace));
                coming ??= frontEnd.Pass(trace[next].Sent, trace[next].Request.PromptTokens);
                if (coming > now) break;
                Submit(engine, trace[next++].Request, coming.Value, served);
                coming = null;
            }
            if (engine.StartSteps(now, int.MaxValue, coming))
            {
                now = engine.StepsEnd;
                engine.FinishSteps(served);
            }
            else if (coming is { } at) now = at;
            else return served.Requests;
        }
    }

    private static void Submit(EngineSimulator engine, in ServingRequest request, TimeSpan at, Collected served)
    {
        if (engine.CanServe(request)) engine.Submit(request, at);
        else served.Finished(new ServedRequest { Request = request, Arrived = at, Admitted = at, Finished = at, Cancelled = true });
    }

    private sealed class Collected(int count) : IEngineListener
    {
        public List<ServedRequest> Requests { get; } = new(count);

        public void Finished(in ServedRequest served) => Requests.Add(served);
    }
}
