using System.Collections.Concurrent;

namespace Nemotron.Lab.Api;

/// <summary>A connection the server breaks on purpose.</summary>
internal sealed class ConnectionDroppedException() : Exception("dropped on purpose");

/// <summary>What shall go wrong with a request.</summary>
public enum FaultKind
{
    /// <summary>The connection is closed without an answer; the request is not carried out.</summary>
    DropBefore,

    /// <summary>The request is carried out, then the connection is closed without an answer.</summary>
    DropAfter,

    /// <summary>The answer waits for <see cref="Fault.Delay"/>.</summary>
    Delay,

    /// <summary>429 with <c>Retry-After: 1</c>.</summary>
    TooManyRequests,

    /// <summary>500 without being carried out.</summary>
    InternalError,

    /// <summary>410 Expired as an HTTP status; for watches and paged lists.</summary>
    Gone,

    /// <summary>503 without being carried out.</summary>
    Unavailable,

    /// <summary>422, as servers answer that do not know what is asked of them, such as a streamed list.</summary>
    Invalid,
}

/// <summary>One fault to inject.</summary>
/// <param name="Kind">What goes wrong.</param>
/// <param name="Times">How many matching requests it strikes.</param>
/// <param name="Matches">Which requests, by method and path with query; null for all.</param>
/// <param name="Delay">How long, for <see cref="FaultKind.Delay"/>.</param>
public sealed record Fault(FaultKind Kind, int Times = 1, Func<string, string, bool>? Matches = null, TimeSpan Delay = default);

/// <summary>
/// What tests make go wrong. Faults strike in the order they were added; counts are exact, so a test knows when one is used up. Thread-safe.
/// </summary>
public sealed class FaultInjection : IDisposable
{
    private readonly Lock gate = new();
    private readonly List<(Fault Fault, int Left)> pending = [];
    private readonly ConcurrentQueue<TimeSpan> late = new();
    private CancellationTokenSource watches = new();
    private int duplicates;
    private int truncations;

    internal FaultInjection(Action compact) => this.compact = compact;

    private readonly Action compact;

    /// <summary>Adds a fault for coming requests.</summary>
    public void Add(Fault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        lock (gate) pending.Add((fault, fault.Times));
    }

    /// <summary>Removes all faults that have not struck.</summary>
    public void Clear()
    {
        lock (gate) pending.Clear();
        late.Clear();
        Interlocked.Exchange(ref duplicates, 0);
        Interlocked.Exchange(ref truncations, 0);
    }

    /// <summary>Faults that have not struck yet.</summary>
    public int Pending
    {
        get
        {
            lock (gate) return pending.Sum(p => p.Left) + late.Count + Volatile.Read(ref duplicates) + Volatile.Read(ref truncations);
        }
    }

    /// <summary>Closes all watches that are open, as a restart of a load balancer does; requests in flight are not touched.</summary>
    public void DropWatches()
    {
        var dropped = Interlocked.Exchange(ref watches, new CancellationTokenSource());
        dropped.Cancel();
        dropped.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => watches.Dispose();

    /// <summary>Sends each of the next watch events twice.</summary>
    public void DuplicateEvents(int count = 1) => Interlocked.Add(ref duplicates, count);

    /// <summary>Breaks the next watch event in the middle of its line and closes the connection.</summary>
    public void TruncateEvents(int count = 1) => Interlocked.Add(ref truncations, count);

    /// <summary>Holds back the next watch event, and those behind it on the same watch.</summary>
    public void DelayEvent(TimeSpan delay) => late.Enqueue(delay);

    /// <summary>Forgets all history: watches from an older version get 410 Expired.</summary>
    public void CompactHistory() => compact();

    internal CancellationToken WatchGate => Volatile.Read(ref watches).Token;

    internal Fault? Take(string method, string pathAndQuery)
    {
        lock (gate)
        {
            for (int i = 0; i < pending.Count; i++)
            {
                var (fault, left) = pending[i];
                if (fault.Matches is { } matches && !matches(method, pathAndQuery)) continue;
                if (left == 1) pending.RemoveAt(i);
                else pending[i] = (fault, left - 1);
                return fault;
            }
            return null;
        }
    }

    internal bool TakeDuplicate() => TakeOne(ref duplicates);

    internal bool TakeTruncation() => TakeOne(ref truncations);

    internal TimeSpan? TakeLateEvent() => late.TryDequeue(out var delay) ? delay : null;

    private static bool TakeOne(ref int counter)
    {
        while (true)
        {
            int now = Volatile.Read(ref counter);
            if (now == 0) return false;
            if (Interlocked.CompareExchange(ref counter, now - 1, now) == now) return true;
        }
    }
}
