using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Prometheus;

namespace Nemotron.Kube;

/// <summary>
/// One webhook over HTTP. An answer is 200 with a review. Everything else is none, and for admission the webhook's <c>failurePolicy</c> decides:
/// 400 a malformed question, 413 one that is too large, 500 an exception, 503 caches that are not full yet, 504 no answer in time.
/// </summary>
internal sealed class WebhookEndpoint
{
    /// <summary>Two objects of the largest size that the API server takes, and room to spare: controller-runtime's limit.</summary>
    internal const long MostBytes = 7 * 1024 * 1024;

    /// <summary>The API server's own default and longest time.</summary>
    internal static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);
    internal static readonly TimeSpan LongestTimeout = TimeSpan.FromSeconds(30);

    private readonly IWebhookRegistration webhook;
    private readonly InformerCaches caches;
    private readonly WebhookMetrics metrics;
    private readonly TimeProvider time;
    private readonly ILogger<WebhookEndpoint> logger;

    public WebhookEndpoint(IWebhookRegistration webhook, InformerCaches caches, WebhookMetrics metrics, TimeProvider time, ILogger<WebhookEndpoint> logger)
    {
        (this.webhook, this.caches, this.metrics, this.time, this.logger) = (webhook, caches, metrics, time, logger);
        metrics.Prepare(webhook.Path);
    }

    internal async Task AnswerAsync(HttpContext context)
    {
        var started = time.GetTimestamp();
        using (metrics.InFlight.WithLabels(webhook.Path).TrackInProgress())
        {
            var (status, body) = await RespondAsync(context);
            metrics.Requests.WithLabels(webhook.Path, status.ToString(CultureInfo.InvariantCulture)).Inc();
            metrics.Latency.WithLabels(webhook.Path).Observe(time.GetElapsedTime(started).TotalSeconds);
            context.Response.StatusCode = status;
            context.Response.ContentType = status == StatusCodes.Status200OK ? "application/json" : "text/plain; charset=utf-8";
            await context.Response.WriteAsync(body, context.RequestAborted);
        }
    }

    /// <summary>The time that the API server gives, from the query it adds: <c>?timeout=5s</c>.</summary>
    internal static TimeSpan TimeoutOf(string? query) =>
        query is { Length: > 1 and < 5 } && query[^1] == 's' && int.TryParse(query.AsSpan(0, query.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds > 0
            ? TimeSpan.FromSeconds(Math.Min(seconds, LongestTimeout.TotalSeconds))
            : DefaultTimeout;

    private async Task<(int Status, string Body)> RespondAsync(HttpContext context)
    {
        if (webhook.NeedsCaches && !caches.Informers.All(i => i.Synced))
        {
            return (StatusCodes.Status503ServiceUnavailable, "The caches are not full yet.");
        }

        if (!context.Request.HasJsonContentType())
        {
            return (StatusCodes.Status400BadRequest, $"expected content type application/json, got \"{context.Request.ContentType}\"");
        }

        using var limit = new CancellationTokenSource(TimeoutOf(context.Request.Query["timeout"]), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, context.RequestAborted);
        try
        {
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            {
                size.MaxRequestBodySize = MostBytes;
            }

            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, either.Token);

            // A webhook that does not heed its cancellation must not hold the answer up.
            var answer = await webhook.AnswerAsync(context.RequestServices, body.GetBuffer().AsMemory(0, (int)body.Length), either.Token).WaitAsync(either.Token);
            if (answer.Refused is { } why)
            {
                WebhookLog.Refused(logger, webhook.Path, answer.About, why);
            }

            return (StatusCodes.Status200OK, answer.Body.ToJsonString(Answers));
        }
        catch (MalformedReviewException e)
        {
            WebhookLog.Malformed(logger, webhook.Path, e.Message);
            return (StatusCodes.Status400BadRequest, e.Message);
        }
        catch (BadHttpRequestException e)
        {
            return (e.StatusCode, e.Message);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            WebhookLog.TimedOut(logger, webhook.Path);
            return (StatusCodes.Status504GatewayTimeout, "No verdict in the time given.");
        }
#pragma warning disable CA1031 // Whatever goes wrong in a webhook is no verdict, and must not end the connection of others.
        catch (Exception e)
#pragma warning restore CA1031
        {
            WebhookLog.Failed(logger, webhook.Path, e);
            return (StatusCodes.Status500InternalServerError, "The webhook failed; its log says why.");
        }
    }

    // For a log or a terminal, not for a web page: quotes and the like stay legible.
    private static readonly JsonSerializerOptions Answers = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}

internal static partial class WebhookLog
{
    [LoggerMessage(801, LogLevel.Information, "{Webhook} {About} refused: {Why}")]
    internal static partial void Refused(ILogger logger, string webhook, string about, string why);

    [LoggerMessage(802, LogLevel.Warning, "{Webhook} was asked what it cannot answer: {Why}")]
    internal static partial void Malformed(ILogger logger, string webhook, string why);

    [LoggerMessage(803, LogLevel.Warning, "{Webhook} had no verdict in the time given")]
    internal static partial void TimedOut(ILogger logger, string webhook);

    [LoggerMessage(804, LogLevel.Error, "{Webhook} failed")]
    internal static partial void Failed(ILogger logger, string webhook, Exception error);
}
