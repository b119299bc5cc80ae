using Nemotron.Gateway.Hosting;
using Nemotron.Gateway.Observing;

namespace Nemotron.Gateway.Forwarding;

/// <summary>Asks the engine's health endpoint, each second until it is well and each five seconds then.</summary>
internal sealed class UpstreamWatch(GatewayState state, EngineClient engine, GatewayMetrics metrics, TimeProvider clock, ILogger<UpstreamWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2), WhileWaiting = TimeSpan.FromSeconds(1), WhileWell = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private Task<bool>? _look;
    private volatile bool _isReady;
    private volatile TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The engine was well when last asked.</summary>
    public bool IsReady => _isReady;

    /// <summary>Ends when the engine is well.</summary>
    public Task WhenReadyAsync() => _ready.Task;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                var was = _isReady;
                var ready = await LookAsync(stoppingToken);
                if (ready != was && logger.IsEnabled(LogLevel.Information))
                    logger.LogInformation("The engine at {Upstream} is {State}", state.Current.Settings.Upstream, ready ? "ready" : "not ready");
                await Task.Delay(ready ? WhileWell : WhileWaiting, clock, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The stop.
        }
    }

    /// <summary>Asks now; who asks while another does waits for the same answer.</summary>
    public Task<bool> LookAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_look is not { IsCompleted: false }) _look = OnceAsync();
            return _look.WaitAsync(cancellationToken);
        }
    }

    private async Task<bool> OnceAsync()
    {
        var ready = await AskAsync();
        Become(ready);
        return ready;
    }

    private void Become(bool ready)
    {
        metrics.UpstreamReady.Set(ready ? 1 : 0);
        if (!ready && _ready.Task.IsCompleted) _ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _isReady = ready;
        if (ready) _ready.TrySetResult();
    }

    private async Task<bool> AskAsync()
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        var current = state.Current;
        try
        {
            // Before a deployment only replicas that serve are reached, whatever their gateways say to one without a key.
            return await engine.IsReadyAsync(current.Upstream, current.Settings.HealthPath, anyAnswer: current.Settings.Front is not null, patience.Token);
        }
        catch (OperationCanceledException)
        {
            // Before a deployment one slow answer is none: that replica serves still, and others may. Where none is left the connection fails.
            return current.Settings.Front is not null && _isReady;
        }
    }
}
