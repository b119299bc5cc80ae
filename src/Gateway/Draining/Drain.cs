using Nemotron.Gateway.Hosting;
using Nemotron.Gateway.Observing;

namespace Nemotron.Gateway.Draining;

/// <summary>
/// The way out: new requests are refused and readiness is off, those in flight run to their end or to the deadline. Asked for by the exec form or the
/// operator it can be taken back; asked for by a signal it ends in the end of the process.
/// </summary>
internal sealed class Drain(ActiveRequests requests, GatewayState state, GatewayMetrics metrics, TimeProvider clock, ILogger<Drain> logger)
{
    // What is cut ends at once; whatever does not must not keep the process.
    private static readonly TimeSpan AfterCut = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Way? _way;
    private volatile bool _leaving;

    /// <summary>No new requests are wanted: they are refused, or the process is about to stop.</summary>
    public bool IsOn => _leaving || requests.Refuses;

    /// <summary>Ends when a drain has come to its end, whoever asked for it; one that is taken back has none.</summary>
    public Task WhenCompletedAsync(CancellationToken cancellationToken)
    {
        lock (_lock) return _completed.Task.WaitAsync(cancellationToken);
    }

    /// <summary>
    /// The drain of a process that stops: readiness is off at once, new requests are still taken for the settings' delay – until the pod has left the tables of
    /// Services – and refused then.
    /// </summary>
    public async Task LeaveAsync(CancellationToken cancellationToken)
    {
        lock (_lock) _leaving = true;
        var delay = state.Current.Settings.Drain.Delay;
        if (!requests.Refuses && delay > TimeSpan.Zero) await Task.Delay(delay, clock, cancellationToken);
        await CompleteAsync(cancellationToken);
    }

    /// <summary>Begins, and sees to it that at the deadline what is still in flight is cut; once begun, the deadline stays where it is.</summary>
    public void Begin() => BegunAsync();

    /// <summary>Takes new requests again, and lets those in flight run. A process that stops is not held up by it.</summary>
    public void TakeBack()
    {
        Way taken;
        lock (_lock)
        {
            if (_leaving || _way is null) return;
            (taken, _way) = (_way, null);
            if (_completed.Task.IsCompleted) _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            requests.Refuses = false;
            metrics.Draining.Set(0);
            logger.LogInformation("The drain was taken back: new requests are taken again");
        }

        taken.Back.Cancel();
    }

    /// <summary>Begins and waits until nothing is in flight, which at the deadline is made so; or until the drain is taken back.</summary>
    public Task CompleteAsync(CancellationToken cancellationToken) => BegunAsync().WaitAsync(cancellationToken);

    private Task BegunAsync()
    {
        lock (_lock)
        {
            if (_way is { } under) return under.End;
            var way = _way = new Way();
            requests.Refuses = true;
            metrics.Draining.Set(1);
            if (logger.IsEnabled(LogLevel.Information)) logger.LogInformation("Draining: new requests are refused, {Count} are in flight", requests.Count);
            return way.End = GoAsync(way);
        }
    }

    private async Task GoAsync(Way way)
    {
        try
        {
            if (!await EndsWithinAsync(state.Current.Settings.Drain.Deadline, way.Back.Token))
            {
                if (logger.IsEnabled(LogLevel.Warning)) logger.LogWarning("The drain's deadline has passed: {Count} requests in flight are cut", requests.Count);
                requests.CutAll(CutReason.Drain);
                if (!await EndsWithinAsync(AfterCut, way.Back.Token) && logger.IsEnabled(LogLevel.Error))
                    logger.LogError("{Count} requests did not end when they were cut: the drain ends without them", requests.Count);
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }

        lock (_lock)
        {
            if (_way == way) _completed.TrySetResult();
        }
    }

    private async Task<bool> EndsWithinAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        try
        {
            await requests.WhenEmptyAsync().WaitAsync(time, clock, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    // One drain, from its beginning to its end or until it is taken back.
    private sealed class Way
    {
        public CancellationTokenSource Back { get; } = new();

        public Task End { get; set; } = Task.CompletedTask;
    }
}
