using Nemotron.Gateway.Hosting;
using Nemotron.Gateway.Observing;

namespace Nemotron.Gateway.Draining;

/// <summary>
/// The way out: new requests are refused and readiness is off, those in flight run to their end or to the deadline. Asked for by the exec form or the
/// operator it can be taken back; asked for by a signal it ends in the end of the process.
/// </summary>
internal sealed class Drain(ActiveRequests requests, GatewayState state, GatewayMetrics metrics, TimeProvider clock, ILogger<Drain> logger)
{
    private readonly Lock _lock = new();
    private volatile TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long? _began;
    private volatile bool _leaving;

    /// <summary>No new requests are wanted: they are refused, or the process is about to stop.</summary>
    public bool IsOn => _leaving || requests.Refuses;

    /// <summary>Ends when a drain has come to its end, whoever asked for it.</summary>
    public Task WhenCompletedAsync(CancellationToken cancellationToken) => _completed.Task.WaitAsync(cancellationToken);

    /// <summary>
    /// The drain of a process that stops: readiness is off at once, new requests are still taken for the settings' delay – until the pod has left the tables of
    /// Services – and refused then.
    /// </summary>
    public async Task LeaveAsync(CancellationToken cancellationToken)
    {
        _leaving = true;
        var delay = state.Current.Settings.Drain.Delay;
        if (_began is null && delay > TimeSpan.Zero) await Task.Delay(delay, clock, cancellationToken);
        await CompleteAsync(cancellationToken);
    }

    /// <summary>Begins; once begun, the deadline stays where it is.</summary>
    public void Begin()
    {
        lock (_lock)
        {
            if (_began is not null) return;
            _began = clock.GetTimestamp();
            requests.Refuses = true;
            metrics.Draining.Set(1);
            if (logger.IsEnabled(LogLevel.Information)) logger.LogInformation("Draining: new requests are refused, {Count} are in flight", requests.Count);
        }
    }

    /// <summary>Takes new requests again.</summary>
    public void TakeBack()
    {
        lock (_lock)
        {
            if (_began is null) return;
            _began = null;
            if (_completed.Task.IsCompleted) _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            requests.Refuses = false;
            metrics.Draining.Set(0);
            logger.LogInformation("The drain was taken back: new requests are taken again");
        }
    }

    /// <summary>Begins and waits until nothing is in flight; at the deadline what still is, is cut.</summary>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        Begin();
        var left = state.Current.Settings.Drain.Deadline - clock.GetElapsedTime(_began ?? clock.GetTimestamp());
        if (!await EndsWithinAsync(left, cancellationToken))
        {
            if (logger.IsEnabled(LogLevel.Warning)) logger.LogWarning("The drain's deadline has passed: {Count} requests in flight are cut", requests.Count);
            requests.CutAll(CutReason.Drain);
            await requests.WhenEmptyAsync().WaitAsync(cancellationToken);
        }

        _completed.TrySetResult();
    }

    private async Task<bool> EndsWithinAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        try
        {
            await requests.WhenEmptyAsync().WaitAsync(time > TimeSpan.Zero ? time : TimeSpan.Zero, clock, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
