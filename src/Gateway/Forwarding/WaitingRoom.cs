using Nemotron.Gateway.Draining;
using Nemotron.Gateway.Hosting;
using Nemotron.Gateway.Observing;

namespace Nemotron.Gateway.Forwarding;

/// <summary>Holds requests until a replica serves: what the gateway before a deployment without replicas does.</summary>
internal sealed class WaitingRoom(UpstreamWatch upstream, GatewayMetrics metrics, TimeProvider clock)
{
    private int _held;

    /// <summary>Waits.</summary>
    /// <returns>Null once a replica serves; else what the client is told.</returns>
    /// <exception cref="OperationCanceledException">The request was cut meanwhile.</exception>
    public async Task<(OpenAIError Error, ErrorKind Kind)?> HoldAsync(GatewayState.Snapshot state, ActiveRequest active)
    {
        // Asked anew: the last replica may have gone since it was asked last.
        if (await upstream.LookAsync(active.Cancelled)) return null;
        var (front, retryAfter) = (state.Settings.Front!, state.Settings.Drain.RetryAfter);
        if (Interlocked.Increment(ref _held) > front.MostHeld)
        {
            Interlocked.Decrement(ref _held);
            return (OpenAIError.TooMany(retryAfter), ErrorKind.TooManyRequests);
        }

        metrics.Held.Inc();
        try
        {
            await upstream.WhenReadyAsync().WaitAsync(front.Hold, clock, active.Cancelled);
            return null;
        }
        catch (TimeoutException)
        {
            return (OpenAIError.NoReplicaInTime(retryAfter), ErrorKind.EngineUnreachable);
        }
        finally
        {
            metrics.Held.Dec();
            Interlocked.Decrement(ref _held);
        }
    }
}
