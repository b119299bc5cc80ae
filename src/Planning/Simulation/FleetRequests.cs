using Nemotron.Planning.Serving;

namespace Nemotron.Planning.Simulation;

/// <summary>What a run keeps of each request, by its place in the trace: within the run that place is the request's id.</summary>
/// <param name="trace">The requests, in the order of sending.</param>
internal sealed class FleetRequests(IReadOnlyList<TracedRequest> trace)
{
    private readonly TimeSpan[] _first = new TimeSpan[trace.Count];

    // One more than the replica's number; 0 where the request is at none.
    private readonly int[] _replica = new int[trace.Count];

    /// <summary>A request, under its place as its id.</summary>
    public ServingRequest At(int place) => trace[place].Request with { Id = place };

    /// <summary>When its client sent it.</summary>
    public TimeSpan Sent(in ServingRequest request) => trace[(int)request.Id].Sent;

    /// <summary>When its first token went out; null where there was none yet.</summary>
    public TimeSpan? First(in ServingRequest request) => _first[request.Id] == default ? null : _first[request.Id];

    /// <summary>Its first token goes out.</summary>
    public void Begin(in ServingRequest request, TimeSpan at) => _first[request.Id] = at;

    /// <summary>It is routed to a replica.</summary>
    public void Route(in ServingRequest request, int replica) => _replica[request.Id] = replica + 1;

    /// <summary>It has ended.</summary>
    public void End(in ServingRequest request) => _replica[request.Id] = 0;

    /// <summary>The requests that are at a replica.</summary>
    public IEnumerable<ServingRequest> AtReplica(int replica) =>
        _replica.Select((at, place) => (at, place)).Where(item => item.at == replica + 1).Select(item => At(item.place));
}
