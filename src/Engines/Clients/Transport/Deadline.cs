namespace Nemotron.Engines.Clients.Transport;

/// <summary>A token that is cancelled by the caller or when the time is up, and knows which.</summary>
internal sealed class Deadline : IDisposable
{
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _either;
    private readonly CancellationToken _caller;

    public Deadline(TimeSpan limit, TimeProvider time, CancellationToken caller)
    {
        _caller = caller;
        Limit = limit;
        At = time.GetUtcNow() + limit;
        _timer = new CancellationTokenSource(limit, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(caller, _timer.Token);
    }

    public TimeSpan Limit { get; }

    /// <summary>When the time is up: sent along with gRPC calls, so the server can stop too.</summary>
    public DateTimeOffset At { get; }

    public CancellationToken Token => _either.Token;

    /// <summary>The time is up, and not the caller's patience.</summary>
    public bool Passed => _timer.IsCancellationRequested && !_caller.IsCancellationRequested;

    /// <summary>Whether <paramref name="exception"/> is the caller's own cancellation, which is theirs to see and no fault of the engine's.</summary>
    public bool IsCallers(Exception exception) => _caller.IsCancellationRequested && exception is OperationCanceledException or Grpc.Core.RpcException;

    public void Dispose()
    {
        _either.Dispose();
        _timer.Dispose();
    }
}
