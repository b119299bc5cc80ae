namespace Nemotron.Lab.Controllers;

/// <summary>
/// A deduplicating queue with one consumer: a key added many times before it is taken is taken once; a key added while
/// it is worked on is taken again. Delayed adds use one timer for the earliest of them, whatever their number.
/// A paced clock is told of each key from when it stands ready until the consumer comes back for the next.
/// </summary>
/// <typeparam name="T">The key.</typeparam>
internal sealed class WorkQueue<T> : IDisposable
    where T : notnull
{
    private readonly TimeProvider time;
    private readonly IPacedClock? pace;
    private readonly Lock gate = new();
    private readonly Queue<(T Key, Duty? Duty)> ready = new();
    private readonly List<Duty> taken = [];
    private readonly HashSet<T> waiting = [];
    private readonly PriorityQueue<T, DateTimeOffset> delayed = new();
    private readonly Dictionary<T, DateTimeOffset> due = [];
    private readonly SemaphoreSlim signal = new(0);
    private readonly ITimer timer;
    private DateTimeOffset armed = DateTimeOffset.MaxValue;
    private bool closed;

    /// <summary>An empty queue whose delays follow <paramref name="time"/>.</summary>
    public WorkQueue(TimeProvider time)
    {
        this.time = time;
        pace = time as IPacedClock;
        timer = time.CreateTimer(_ => ReleaseDue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How many keys stand ready.</summary>
    public int Depth
    {
        get
        {
            lock (gate) return ready.Count;
        }
    }

    /// <summary>Adds a key now.</summary>
    public void Add(T key)
    {
        lock (gate) AddReady(key);
    }

    /// <summary>Adds a key after a delay. Of several delayed adds of one key the earliest counts: the work that follows decides anew.</summary>
    public void AddAfter(T key, TimeSpan delay)
    {
        lock (gate)
        {
            if (delay <= TimeSpan.Zero)
            {
                AddReady(key);
                return;
            }

            var at = time.GetUtcNow() + delay;
            if (closed || (due.TryGetValue(key, out var known) && known <= at)) return;
            due[key] = at;
            delayed.Enqueue(key, at);
            if (at < armed) Arm(at);
        }
    }

    /// <summary>Takes the next key, waiting for one.</summary>
    public async ValueTask<T> TakeAsync(CancellationToken cancel)
    {
        while (true)
        {
            lock (gate) CompleteTaken();
            await signal.WaitAsync(cancel).ConfigureAwait(false);
            lock (gate)
            {
                if (ready.TryDequeue(out var next)) return Take(next);
            }
        }
    }

    /// <summary>Takes everything that is ready, waiting for at least one key.</summary>
    public async ValueTask<IReadOnlyList<T>> TakeAllAsync(CancellationToken cancel)
    {
        var keys = new List<T> { await TakeAsync(cancel).ConfigureAwait(false) };
        lock (gate)
        {
            while (ready.TryDequeue(out var next)) keys.Add(Take(next));
        }

        return keys;
    }

    /// <summary>Closes the queue: later adds are dropped, since informers may outlive the loop by a moment.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            closed = true;
            CompleteTaken();
            while (ready.TryDequeue(out var next)) Take(next);
            CompleteTaken();
            timer.Dispose();
            signal.Dispose();
        }
    }

    private void AddReady(T key)
    {
        if (closed || !waiting.Add(key)) return;
        ready.Enqueue((key, pace?.Begin()));
        signal.Release();
    }

    private T Take((T Key, Duty? Duty) next)
    {
        waiting.Remove(next.Key);
        if (next.Duty is not null) taken.Add(next.Duty);
        return next.Key;
    }

    private void CompleteTaken()
    {
        foreach (var duty in taken) pace!.Complete(duty);
        taken.Clear();
    }

    private void ReleaseDue()
    {
        lock (gate)
        {
            if (closed) return;
            var now = time.GetUtcNow();
            armed = DateTimeOffset.MaxValue;
            while (delayed.TryPeek(out var key, out var at))
            {
                var stale = !due.TryGetValue(key, out var current) || current != at;
                if (!stale && at > now)
                {
                    Arm(at);
                    return;
                }

                delayed.Dequeue();
                if (stale) continue;
                due.Remove(key);
                AddReady(key);
            }
        }
    }

    private void Arm(DateTimeOffset at)
    {
        armed = at;
        var wait = at - time.GetUtcNow();
        timer.Change(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
