namespace Nemotron.Lab.Engines;

/// <summary>Counts requests that are being answered, and tells when there are none. Thread-safe.</summary>
internal sealed class InFlight
{
    private readonly Lock gate = new();
    private int count;
    private TaskCompletionSource idle = Done();

    /// <summary>Ends when none is in flight.</summary>
    public Task Idle
    {
        get
        {
            lock (gate) return idle.Task;
        }
    }

    /// <summary>A request begins; dispose when it is over.</summary>
    public IDisposable Enter()
    {
        lock (gate)
        {
            if (count++ == 0) idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        return new Leaving(this);
    }

    private static TaskCompletionSource Done()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }

    private void Leave()
    {
        TaskCompletionSource? over = null;
        lock (gate)
        {
            if (--count == 0) over = idle;
        }

        over?.TrySetResult();
    }

    private sealed class Leaving(InFlight of) : IDisposable
    {
        private int left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref left, 1) == 0) of.Leave();
        }
    }
}
