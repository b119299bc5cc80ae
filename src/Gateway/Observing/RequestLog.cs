using System.Text;
using Nemotron.Gateway.Requests;

namespace Nemotron.Gateway.Observing;

/// <summary>Writes a share of the rewritten requests to the log, prompts included, where the settings ask for it; by default none is ever written.</summary>
internal sealed class RequestLog(ILogger<RequestLog> logger)
{
    private long _seen;

    /// <summary>Writes every so-manieth request.</summary>
    /// <param name="share">The share, 0 to 1.</param>
    /// <param name="plan">The request.</param>
    public void Write(double share, RequestPlan plan)
    {
        if (share <= 0) return;
        var seen = Interlocked.Increment(ref _seen);
        if (Math.Floor(seen * share) == Math.Floor((seen - 1) * share)) return;
        if (logger.IsEnabled(LogLevel.Information))
            logger.LogInformation("Sampled request, mode {Mode}: {Body}", GatewayMetrics.NameOf(plan.Mode.Mode), Encoding.UTF8.GetString(plan.Body.Span));
    }
}
