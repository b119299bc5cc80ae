using Nemotron.Gateway.Observing;

namespace Nemotron.Gateway.Draining;

/// <summary>One request being served.</summary>
internal sealed class ActiveRequest : IDisposable
{
    private readonly CancellationTokenSource _cut;
    private readonly CancellationTokenRegistration _clientGone;
    private int _reason;

    internal ActiveRequest(long now, CancellationToken clientGone)
    {
        _cut = new CancellationTokenSource();
        LastActivity = now;
        _clientGone = clientGone.UnsafeRegister(static request => ((ActiveRequest)request!).CutFor(CutReason.Client), this);
    }

    /// <summary>Cancelled when the request is cut, for whatever reason.</summary>
    public CancellationToken Cancelled => _cut.Token;

    /// <summary>Who cut it.</summary>
    public CutReason Reason => (CutReason)Volatile.Read(ref _reason);

    /// <summary>When the engine last said something, or when it was last asked.</summary>
    public long LastActivity { get; set; }

    /// <summary>How long it may say nothing; null while the client's body is read, which has its own limit.</summary>
    public TimeSpan? Patience { get; set; }

    /// <summary>Why it is cut when it says nothing for longer.</summary>
    public CutReason OnSilence { get; set; }

    /// <summary>Ends it. The first reason stays.</summary>
    public void CutFor(CutReason reason)
    {
        if (Interlocked.CompareExchange(ref _reason, (int)reason, (int)CutReason.None) != (int)CutReason.None) return;
        try
        {
            _cut.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself meanwhile.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _clientGone.Dispose();
        _cut.Dispose();
    }
}

/// <summary>The requests being served, and whether new ones are taken.</summary>
internal sealed class ActiveRequests(TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly HashSet<ActiveRequest> _requests = [];
    private TaskCompletionSource _empty = Completed();
    private bool _refuses;

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _requests.Count;
        }
    }

    /// <summary>New ones are refused.</summary>
    public bool Refuses
    {
        get
        {
            lock (_lock) return _refuses;
        }

        set
        {
            lock (_lock) _refuses = value;
        }
    }

    /// <summary>Takes a request in.</summary>
    /// <param name="most">Most requests at a time; null for no limit.</param>
    /// <param name="refusal">Why it is not taken, where it is not.</param>
    /// <param name="clientGone">Cancelled when its client goes away.</param>
    /// <returns>The request; null where it is not taken.</returns>
    public ActiveRequest? TryEnter(int? most, out ErrorKind refusal, CancellationToken clientGone)
    {
        lock (_lock)
        {
            refusal = _refuses ? ErrorKind.Draining : ErrorKind.TooManyRequests;
            if (_refuses || _requests.Count >= most) return null;
            if (_requests.Count == 0) _empty = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var entered = new ActiveRequest(clock.GetTimestamp(), clientGone);
            _requests.Add(entered);
            return entered;
        }
    }

    /// <summary>A request has ended.</summary>
    public void Leave(ActiveRequest request)
    {
        lock (_lock)
        {
            _requests.Remove(request);
            if (_requests.Count == 0) _empty.TrySetResult();
        }

        request.Dispose();
    }

    /// <summary>Ends when there are none.</summary>
    public Task WhenEmptyAsync()
    {
        lock (_lock) return _empty.Task;
    }

    /// <summary>Cuts all.</summary>
    public void CutAll(CutReason reason)
    {
        foreach (var request in Snapshot()) request.CutFor(reason);
    }

    /// <summary>Cuts those that have waited for their engine for too long.</summary>
    public void CutSilent()
    {
        var now = clock.GetTimestamp();
        foreach (var request in Snapshot())
            if (request.Patience is { } patience && clock.GetElapsedTime(request.LastActivity, now) > patience) request.CutFor(request.OnSilence);
    }

    private ActiveRequest[] Snapshot()
    {
        lock (_lock) return [.. _requests];
    }

    private static TaskCompletionSource Completed()
    {
        var source = new TaskCompletionSource();
        source.SetResult();
        return source;
    }
}

/// <summary>Cuts the silent a few times a second.</summary>
internal sealed class SilenceWatch(ActiveRequests requests, TimeProvider clock) : BackgroundService
{
    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250), clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) requests.CutSilent();
        }
        catch (OperationCanceledException)
        {
            // The stop.
        }
    }
}
