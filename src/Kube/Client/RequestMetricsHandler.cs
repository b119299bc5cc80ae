using System.Globalization;

namespace Nemotron.Kube;

/// <summary>Counts requests and their latency under client-go's metric names. The latency of a watch is that of its headers.</summary>
internal sealed class RequestMetricsHandler(RuntimeMetrics metrics, TimeProvider time) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var host = request.RequestUri?.Authority ?? "";
        var started = time.GetTimestamp();
        var code = "<error>";
        try
        {
            var response = await base.SendAsync(request, cancellationToken);
            code = ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture);
            return response;
        }
        finally
        {
            metrics.Requests.WithLabels(code, request.Method.Method, host).Inc();
            metrics.RequestDuration.WithLabels(request.Method.Method, host).Observe(time.GetElapsedTime(started).TotalSeconds);
        }
    }
}
