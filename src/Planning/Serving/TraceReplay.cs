using Nemotron.Planning.Capacity;

namespace Nemotron.Planning.Serving;

/// <summary>A request of a trace and when its client sends it.</summary>
/// <param name="Sent">When, from the trace's start.</param>
/// <param name="Request">What.</param>
public readonly record struct TracedRequest(TimeSpan Sent, ServingRequest Request);

/// <summary>Runs a trace of requests through one simulated engine and its front end in virtual time.</summary>
public static class TraceReplay
{
    /// <summary>Replays a trace to its last token.</summary>
    /// <param name="model">What steps cost.</param>
    /// <param name="limits">What bounds the batches.</param>
    /// <param name="trace">The requests, each with an id of its own.</param>
    /// <returns>
    /// What became of each request, in the order of their ends, with the times at the client. A request that is too large for the engine is
    /// cancelled at once, without a token.
    /// </returns>
    public static IReadOnlyList<ServedRequest> Run(StepModel model, EngineLimits limits, IReadOnlyList<TracedRequest> trace)
    {
        var served = new List<ServedRequest>(trace.Count);
        var server = new VirtualServer(model, limits, served.Add);
        foreach (var (sent, request) in trace) server.Send(request, sent);
        while (server.Advance(out _))
        {
        }
        return served;
    }
}
