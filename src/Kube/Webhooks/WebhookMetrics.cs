using Prometheus;

namespace Nemotron.Kube;

/// <summary>The metrics of controller-runtime's webhook server under their own names, and when certificates expire.</summary>
internal sealed class WebhookMetrics
{
    internal WebhookMetrics(CollectorRegistry registry)
    {
        var make = Metrics.WithCustomRegistry(registry);
        Requests = make.CreateCounter("controller_runtime_webhook_requests_total", "Total number of admission requests by HTTP status code.", "webhook", "code");
        Latency = make.CreateHistogram("controller_runtime_webhook_latency_seconds", "Histogram of the latency of processing admission requests", "webhook");
        InFlight = make.CreateGauge("controller_runtime_webhook_requests_in_flight", "Current number of admission requests being served.", "webhook");
        Expiry = make.CreateGauge(
            "webhook_certificate_expiry_timestamp_seconds", "When the certificate that is served, and the authority that signs the next one, expire (Unix time)", "certificate");
    }

    /// <summary>By path and HTTP status.</summary>
    internal Counter Requests { get; }

    internal Histogram Latency { get; }

    internal Gauge InFlight { get; }

    /// <summary><c>serving</c> and <c>authority</c>.</summary>
    internal Gauge Expiry { get; }

    /// <summary>Makes a webhook's series, so that rates are right from the first request.</summary>
    internal void Prepare(string webhook)
    {
        _ = Requests.WithLabels(webhook, "200");
        _ = Requests.WithLabels(webhook, "500");
        _ = Latency.WithLabels(webhook);
        InFlight.WithLabels(webhook).Set(0);
    }
}
