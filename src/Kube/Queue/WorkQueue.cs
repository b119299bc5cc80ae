using System.Diagnostics.CodeAnalysis;

namespace Nemotron.Kube;

/// <summary>
/// Keys to be worked on: each at most once in the queue and at most once in work. A key that is added while it is in work comes again afterwards.
/// Higher priority first, then first come; adding a key again keeps its higher priority and its earlier time. A delayed key becomes ready by one timer for
/// the earliest of all; nothing is scanned. Thread-safe; waiting takes no thread.
/// </summary>
internal sealed class WorkQueue<TKey> : IDisposable
    where TKey : notnull
{
    private readonly Lock gate = new();
    private readonly TimeProvider time;
    private readonly IWorkQueueObserver observer;
    private readonly Dictionary<TKey, Item> queued = [];
    private readonly Dictionary<TKey, Work> working = [];
    private readonly PriorityQueue<(Item Item, int Ticket), (int NegatedPriority, long Order)> ready = new();
    private readonly PriorityQueue<(Item Item, int Ticket), long> waiting = new();
    private readonly LinkedList<TaskCompletionSource<TKey>> takers = new();
    private readonly ITimer timer;
    private long order;
    private long timerSetFor = long.MaxValue;
    private bool closed;

    internal WorkQueue(TimeProvider time, IWorkQueueObserver? observer = null)
    {
        this.time = time;
        this.observer = observer ?? NoObserver.Instance;
        timer = time.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Keys that are ready and not in work.</summary>
    internal int ReadyCount
    {
        get
        {
            lock (gate)
            {
                return queued.Values.Count(i => i.IsReady);
            }
        }
    }

    /// <summary>Keys in the queue, ready or waiting for their time.</summary>
    internal int Count
    {
        get
        {
            lock (gate)
            {
                return queued.Count;
            }
        }
    }

    /// <summary>Adds a key, to be taken after <paramref name="after"/>.</summary>
    internal void Add(TKey key, int priority = 0, TimeSpan after = default)
    {
        lock (gate)
        {
            if (closed)
            {
                return;
            }

            var now = time.GetTimestamp();
            var readyAt = after <= TimeSpan.Zero ? now : now + ToTicks(after);
            if (!queued.TryGetValue(key, out var item))
            {
                item = new Item(key) { Priority = priority, ReadyAt = readyAt };
                queued.Add(key, item);
                observer.Added();
                if (!working.ContainsKey(key))
                {
                    Place(item, now);
                }

                return;
            }

            var sooner = readyAt < item.ReadyAt;
            var higher = priority > item.Priority;
            if (item.IsReady)
            {
                if (higher)
                {
                    observer.DepthChanged(item.Priority, -1);
                    item.Priority = priority;
                    MakeReady(item);
                }

                return;
            }

            item.Priority = Math.Max(item.Priority, priority);
            if (sooner)
            {
                item.ReadyAt = readyAt;
                if (!working.ContainsKey(key))
                {
                    Place(item, now);
                }
            }
        }
    }

    /// <summary>Waits for a key and takes it into work. Whoever takes it must call <see cref="Done"/>.</summary>
    /// <exception cref="OperationCanceledException">Cancelled, or the queue has been closed.</exception>
    internal async ValueTask<TKey> TakeAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource<TKey> taker;
        lock (gate)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(closed, this);
            if (TryTake(out var key))
            {
                return key;
            }

            taker = new TaskCompletionSource<TKey>(TaskCreationOptions.RunContinuationsAsynchronously);
            takers.AddLast(taker);
        }

        await using var registration = cancellationToken.Register(() =>
        {
            lock (gate)
            {
                // Only while it still waits: a key once handed over is the taker's, cancelled or not.
                if (takers.Remove(taker))
                {
                    taker.SetCanceled(cancellationToken);
                }
            }
        });
        return await taker.Task;
    }

    /// <summary>Ends the work on a key. If it was added meanwhile, it is ready again.</summary>
    internal void Done(TKey key)
    {
        lock (gate)
        {
            if (!working.Remove(key, out var work))
            {
                return;
            }

            var now = time.GetTimestamp();
            observer.Finished(time.GetElapsedTime(work.Started, now));
            if (queued.TryGetValue(key, out var item) && !closed)
            {
                Place(item, now);
            }
        }
    }

    /// <summary>How long the work in progress has taken, in all and at most.</summary>
    internal (TimeSpan Total, TimeSpan Longest) Unfinished()
    {
        lock (gate)
        {
            var now = time.GetTimestamp();
            var (total, longest) = (TimeSpan.Zero, TimeSpan.Zero);
            foreach (var work in working.Values)
            {
                var elapsed = time.GetElapsedTime(work.Started, now);
                total += elapsed;
                longest = elapsed > longest ? elapsed : longest;
            }

            return (total, longest);
        }
    }

    /// <summary>Nothing more is taken; takers are cancelled. Work in progress may still call <see cref="Done"/>.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            closed = true;
            timer.Dispose();
            foreach (var taker in takers)
            {
                taker.TrySetCanceled();
            }

            takers.Clear();
        }
    }

    /// <summary>Puts an item that is not in work where it belongs, now that its time or its worker has changed.</summary>
    private void Place(Item item, long now)
    {
        if (item.ReadyAt <= now)
        {
            MakeReady(item);
            return;
        }

        // The old entry, if any, is left behind and known as stale by its ticket.
        waiting.Enqueue((item, ++item.Ticket), item.ReadyAt);
        SetTimer(now);
    }

    private void MakeReady(Item item)
    {
        if (!item.IsReady)
        {
            item.ReadySince = time.GetTimestamp();
        }

        item.IsReady = true;
        observer.DepthChanged(item.Priority, +1);
        ready.Enqueue((item, ++item.Ticket), (-item.Priority, order++));
        while (takers.First is { } first && TryTake(out var key))
        {
            takers.RemoveFirst();
            first.Value.SetResult(key);
        }
    }

    private bool TryTake([MaybeNullWhen(false)] out TKey key)
    {
        while (ready.TryDequeue(out var entry, out _))
        {
            var (item, ticket) = entry;
            if (ticket != item.Ticket)
            {
                continue;
            }

            var now = time.GetTimestamp();
            queued.Remove(item.Key);
            working.Add(item.Key, new Work(now));
            observer.DepthChanged(item.Priority, -1);
            observer.Taken(time.GetElapsedTime(item.ReadySince, now));
            key = item.Key;
            return true;
        }

        key = default;
        return false;
    }

    private void OnTimer()
    {
        lock (gate)
        {
            timerSetFor = long.MaxValue;
            if (closed)
            {
                return;
            }

            var now = time.GetTimestamp();
            while (waiting.TryPeek(out var entry, out var at) && (at <= now || entry.Ticket != entry.Item.Ticket))
            {
                waiting.Dequeue();
                if (entry.Ticket == entry.Item.Ticket)
                {
                    MakeReady(entry.Item);
                }
            }

            SetTimer(now);
        }
    }

    private void SetTimer(long now)
    {
        if (!waiting.TryPeek(out _, out var earliest) || earliest >= timerSetFor)
        {
            return;
        }

        timerSetFor = earliest;
        var due = TimeSpan.FromSeconds((earliest - now) / (double)time.TimestampFrequency);

        // Timers count whole milliseconds and drop the rest: round up, or they fire early and spin.
        timer.Change(TimeSpan.FromMilliseconds(Math.Max(0, Math.Ceiling(due.TotalMilliseconds))), Timeout.InfiniteTimeSpan);
    }

    private long ToTicks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);

    private sealed class Item(TKey key)
    {
        internal TKey Key { get; } = key;

        internal int Priority { get; set; }

        internal long ReadyAt { get; set; }

        internal long ReadySince { get; set; }

        internal bool IsReady { get; set; }

        /// <summary>The number of the item's only valid entry in the heaps.</summary>
        internal int Ticket { get; set; }
    }

    private readonly record struct Work(long Started);

    private sealed class NoObserver : IWorkQueueObserver
    {
        internal static readonly NoObserver Instance = new();

        public void Added()
        {
        }

        public void DepthChanged(int priority, int change)
        {
        }

        public void Taken(TimeSpan waited)
        {
        }

        public void Finished(TimeSpan worked)
        {
        }
    }
}

/// <summary>Hears what happens in a queue, within its lock: must be quick.</summary>
internal interface IWorkQueueObserver
{
    void Added();

    void DepthChanged(int priority, int change);

    void Taken(TimeSpan waited);

    void Finished(TimeSpan worked);
}
