using Nemotron.Gateway.Hosting;
using Nemotron.Gateway.Observing;

namespace Nemotron.Gateway.Forwarding;

/// <summary>Asks the engine's health endpoint, each second until it is well and each five seconds then.</summary>
internal sealed class UpstreamWatch(GatewayState state, EngineClient engine, GatewayMetrics metrics, TimeProvider clock, ILogger<UpstreamWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2), WhileWaiting = TimeSpan.FromSeconds(1), WhileWell = TimeSpan.FromSeconds(5);

    private volatile bool _isReady;

    /// <summary>The engine was well when last asked.</summary>
    public bool IsReady => _isReady;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                var ready = await AskAsync(stoppingToken);
                if (ready != _isReady && logger.IsEnabled(LogLevel.Information))
                    logger.LogInformation("The engine at {Upstream} is {State}", state.Current.Settings.Upstream, ready ? "ready" : "not ready");
                _isReady = ready;
                metrics.UpstreamReady.Set(ready ? 1 : 0);
                await Task.Delay(ready ? WhileWell : WhileWaiting, clock, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The stop.
        }
    }

    private async Task<bool> AskAsync(CancellationToken stoppingToken)
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, patience.Token);
        var current = state.Current;
        try
        {
            return await engine.IsReadyAsync(current.Upstream, current.Settings.HealthPath, either.Token);
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
