using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Nemotron.Kube;

/// <summary>Takes events from reconciles without ever holding them up, and writes them one after the other.</summary>
internal sealed class EventRecorder(KubeApi api, OperatorSettings settings, RuntimeMetrics metrics, TimeProvider time, ILogger<EventRecorder> logger)
{
    internal const int MostQueued = 1000;
    internal const int MostAttempts = 12;
    internal const int LongestNoteBytes = 1024;

    internal static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(10);

    private readonly EventCorrelator correlator = new();
    private readonly string instance = Environment.MachineName;
    private readonly Channel<PublishedEvent> queue = Channel.CreateBounded<PublishedEvent>(
        new BoundedChannelOptions(MostQueued) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    /// <summary>The <see cref="EventPublisher"/>.</summary>
    internal Task PublishAsync(
        IKubernetesObject<V1ObjectMeta> entity, string reason, string message, EventType type = EventType.Normal, CancellationToken cancellationToken = default)
    {
        var resource = ResourceType.Of(entity.GetType());
        var published = new PublishedEvent(
            resource.ApiVersion,
            resource.Kind,
            NamespacedName.Of(entity).Namespace,
            entity.Metadata.Name,
            entity.Metadata.Uid ?? "",
            entity.Metadata.ResourceVersion,
            reason.Length <= 128 ? reason : reason[..128],
            CutNote(message),
            type);
        if (!queue.Writer.TryWrite(published))
        {
            metrics.EventsDropped.WithLabels("queue_full").Inc();
        }

        return Task.CompletedTask;
    }

    /// <summary>Writes events until there are no more after <see cref="Complete"/>, or until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await WaitAsync(cancellationToken))
            {
                while (queue.Reader.TryRead(out var published))
                {
                    await HandleAsync(published, cancellationToken);
                }

                foreach (var due in correlator.Due(time.GetUtcNow()))
                {
                    await WriteSeriesAsync(due, cancellationToken);
                }
            }

            // The process ends: what is counted is written now, due or not.
            foreach (var left in correlator.Due(DateTimeOffset.MaxValue))
            {
                await WriteSeriesAsync(left, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // What is left is lost; events are best effort.
        }
    }

    /// <summary>No more events will be published.</summary>
    internal void Complete() => queue.Writer.TryComplete();

    /// <summary>Cuts a note to what the API server accepts, at a character's border.</summary>
    internal static string CutNote(string note)
    {
        if (Encoding.UTF8.GetByteCount(note) <= LongestNoteBytes)
        {
            return note;
        }

        var bytes = Encoding.UTF8.GetBytes(note).AsSpan(0, LongestNoteBytes - 3);
        while (bytes.Length > 0 && (bytes[^1] & 0xC0) == 0x80)
        {
            bytes = bytes[..^1];
        }

        return Encoding.UTF8.GetString(bytes.Length > 0 && bytes[^1] >= 0xC0 ? bytes[..^1] : bytes) + "...";
    }

    /// <summary>Waits for an event or for the time when a series is due; false when no more will come.</summary>
    private async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        if (correlator.NextDue() is not { } due)
        {
            return await queue.Reader.WaitToReadAsync(cancellationToken);
        }

        using var wake = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var timer = Task.Delay(due - time.GetUtcNow() is { } wait && wait > TimeSpan.Zero ? wait : TimeSpan.Zero, time, wake.Token);
        var more = queue.Reader.WaitToReadAsync(wake.Token).AsTask();
        var first = await Task.WhenAny(timer, more);
        var ended = first == more && more.IsCompletedSuccessfully && !await more;
        await wake.CancelAsync();
        await Task.WhenAll(timer, more).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        cancellationToken.ThrowIfCancellationRequested();
        return !ended;
    }

    private async Task HandleAsync(PublishedEvent published, CancellationToken cancellationToken)
    {
        var (action, series) = correlator.Observe(published, time.GetUtcNow());
        switch (action)
        {
            case EventAction.Create:
                var path = $"apis/events.k8s.io/v1/namespaces/{EventBody.NamespaceOf(series!)}/events";
                if (await SendAsync(HttpMethod.Post, path, EventBody.Create(series!, settings.Name, instance), KubeApi.Json, cancellationToken) is not null)
                {
                    correlator.Lost(series!);
                }

                break;
            case EventAction.Series:
                await WriteSeriesAsync(series!, cancellationToken);
                break;
            case EventAction.Drop:
                metrics.EventsDropped.WithLabels("flood").Inc();
                break;
            default:
                break;
        }
    }

    private async Task WriteSeriesAsync(EventSeries series, CancellationToken cancellationToken)
    {
        var path = $"apis/events.k8s.io/v1/namespaces/{EventBody.NamespaceOf(series)}/events/{series.Name}";
        EventCorrelator.Written(series, time.GetUtcNow());
        if (await SendAsync(HttpMethod.Patch, path, EventBody.Series(series), KubeApi.MergePatch, cancellationToken) is HttpStatusCode.NotFound)
        {
            // Expired on the server: the next one starts anew.
            correlator.Lost(series);
        }
    }

    /// <summary>Sends with patience: null when it worked, else the status of the refusal (0 when there was no answer to the end).</summary>
    private async Task<HttpStatusCode?> SendAsync(HttpMethod method, string path, JsonObject body, string contentType, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await api.SendAsync<JsonElement>(
                    method, new QueryText(path).Add("fieldManager", settings.EffectiveFieldManager).ToString(),
                    JsonSerializer.SerializeToUtf8Bytes(body), contentType, cancellationToken);
                return null;
            }
            catch (HttpOperationException e) when (e.Response.StatusCode < HttpStatusCode.InternalServerError)
            {
                metrics.EventsDropped.WithLabels("refused").Inc();
                EventLog.Refused(logger, ApiErrors.Describe(e));
                return e.Response.StatusCode;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw;
            }
            catch (Exception e) when (e is HttpOperationException or HttpRequestException or IOException or TimeoutException or JsonException or OperationCanceledException)
            {
                if (attempt == MostAttempts)
                {
                    metrics.EventsDropped.WithLabels("unreachable").Inc();
                    EventLog.Refused(logger, ApiErrors.Describe(e));
                    return 0;
                }
            }
#pragma warning disable CA1031 // Such as credentials that cannot be read: one event is lost, and not all that come after it.
            catch (Exception e)
#pragma warning restore CA1031
            {
                metrics.EventsDropped.WithLabels("failed").Inc();
                EventLog.Failed(logger, ApiErrors.Describe(e), e);
                return 0;
            }

            await Task.Delay(RetryAfter, time, cancellationToken);
        }
    }
}

internal static partial class EventLog
{
    [LoggerMessage(501, LogLevel.Warning, "An event was not written: {Why}")]
    internal static partial void Refused(ILogger logger, string why);

    [LoggerMessage(502, LogLevel.Error, "An event was not written: {Why}")]
    internal static partial void Failed(ILogger logger, string why, Exception error);
}
