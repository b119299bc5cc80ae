using Nemotron.Engines.Clients.Transport;
using Nemotron.Engines.Health;
using Nemotron.Engines.Metrics;
using Nemotron.Engines.Metrics.Dialects;

namespace Nemotron.Engines.Clients;

/// <summary>An engine's load from its Prometheus text.</summary>
internal static class MetricsText
{
    private static readonly DialectChoice None = new(DialectName.None, "no metrics were read", false, Movement.Unknown, Movement.Unknown);

    /// <summary>Reads and normalises; a route that is not there makes everything unknown.</summary>
    /// <exception cref="EngineCallException">The engine could not be asked.</exception>
    public static async Task<EngineSignals> ReadAsync(EngineConnection connection, string path, CancellationToken cancellation)
    {
        if (connection.MetricsAddress(path) is not { } address) return EngineSignals.AllUnknown(None, "the endpoint has no port for metrics");
        var hint = connection.Endpoint.DialectHint;
        try
        {
            return await connection.Metrics.StreamAsync(address, (stream, token) => EngineMetrics.ReadAsync(stream, hint, token), cancellation).ConfigureAwait(false);
        }
        catch (EngineCallException e) when (e.Answer is HealthAnswer.Http { Status: 404 })
        {
            var how = hint.Source == MetricSource.TrtLlmServe ? ": trtllm-serve has the route only with \"return_perf_metrics: true\" in its YAML" : "";
            return EngineSignals.AllUnknown(None, $"{address.AbsolutePath} does not exist{how}");
        }
    }

    /// <summary>Everything unknown, for a protocol without metrics.</summary>
    public static EngineSignals Absent(string because) => EngineSignals.AllUnknown(None, because);
}
