using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Nemotron.Lab.Storage;

namespace Nemotron.Lab.Api;

/// <summary>
/// One watch over HTTP: headers at once, then one JSON line per event until the client goes, the time is up or history is lost.
/// Events are copied from stored bytes in batches; a watcher has a position, not a queue.
/// </summary>
internal sealed class WatchStream(ApiContext api, ServedResource resource, string? ns, ListOptions options, Negotiated shape, FaultInjection faults, TimeSpan bookmarkInterval)
{
    private const int Batch = 256;
    private const int FlushAfterBytes = 64 * 1024;
    private static readonly TimeSpan BookmarkBeforeEnd = TimeSpan.FromSeconds(2);

    private readonly WatchFilter filter = new(resource, ns, options);
    private bool columnsSent;
    private int unflushed;
    private string includeObject = "";

    public async Task RunAsync(HttpContext http, CancellationToken stopping)
    {
        long revision = options.Revision;
        includeObject = ResponseWriter.IncludeObject(http);
        http.Response.StatusCode = 200;
        http.Response.ContentType = MediaTypes.Json;
        http.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpResponseBodyFeature>()?.DisableBuffering();
        await http.Response.StartAsync(http.RequestAborted);
        var output = http.Response.BodyWriter;
        await output.FlushAsync(http.RequestAborted);
        Audit.RequestTrail.Of(http)?.Started(api.Now);

        var duration = options.Timeout ?? TimeSpan.FromSeconds(1800 + api.NextRandom(1800));
        using var timeout = new CancellationTokenSource(duration, api.Time);
        var dropped = faults.WatchGate;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, timeout.Token, stopping, dropped);
        try
        {
            await StreamAsync(output, revision, duration, ending.Token);
        }
        catch (OperationCanceledException) when (!http.RequestAborted.IsCancellationRequested)
        {
            // Time is up: the stream ends cleanly between two events, unless a test wants it broken.
            if (dropped.IsCancellationRequested) throw new ConnectionDroppedException();
        }
        await output.FlushAsync(CancellationToken.None);
    }

    private async Task StreamAsync(PipeWriter output, long revision, TimeSpan duration, CancellationToken cancel)
    {
        long position;
        bool fromNow = options.ResourceVersion is "" or "0" || options.SendInitialEvents;
        if (fromNow)
        {
            (position, revision) = await InitialAsync(output, cancel);
        }
        else if (!resource.Table.TrySeek(revision, out position, out long lost))
        {
            await ExpiredAsync(output, revision, lost, cancel);
            return;
        }
        await FollowAsync(output, position, revision, duration, cancel);
    }

    private async Task<(long Position, long Revision)> InitialAsync(PipeWriter output, CancellationToken cancel)
    {
        var (snapshot, position) = resource.Table.Open();
        long revision = Math.Max(api.Store.Revision, snapshot.Revision);
        // Without a version, or with 0, the state comes as synthetic ADDED events; sendInitialEvents asks for the same and a bookmark.
        foreach (var stored in snapshot.Objects(ns).Where(filter.Matches)) await EventAsync(output, new SeenChange("ADDED", stored, 0), cancel);
        if (options is { SendInitialEvents: true, AllowBookmarks: true }) Bookmark(output, revision, true);
        await output.FlushAsync(cancel);
        return (position, revision);
    }

    private async Task FollowAsync(PipeWriter output, long position, long revision, TimeSpan duration, CancellationToken cancel)
    {
        var batch = new StoreEvent[Batch];
        int epoch = resource.Table.Epoch;
        var started = api.Now;
        var nextBookmark = NextBookmark(started, started, duration);
        while (true)
        {
            if (!resource.Table.TryRead(position, batch, out int read, out var changed))
            {
                await ExpiredAsync(output, revision, revision, cancel);
                return;
            }
            for (int i = 0; i < read; i++)
            {
                if (filter.See(batch[i]) is { } seen) await FaultyEventAsync(output, seen, cancel);
                revision = batch[i].Revision;
            }
            position += read;
            if (read > 0)
            {
                await output.FlushAsync(cancel);
                continue;
            }
            // The definition is gone: the real server ends its watches.
            if (resource.Table.Epoch != epoch) return;
            var pause = nextBookmark - api.Now;
            if (options.AllowBookmarks && pause <= TimeSpan.Zero)
            {
                Bookmark(output, Math.Max(revision, api.Store.Revision), false);
                await output.FlushAsync(cancel);
                nextBookmark = NextBookmark(started, api.Now, duration);
                continue;
            }
            await WaitAsync(changed, pause, cancel);
        }
    }

    private async Task WaitAsync(Task changed, TimeSpan untilBookmark, CancellationToken cancel)
    {
        if (!options.AllowBookmarks)
        {
            await changed.WaitAsync(cancel);
            return;
        }
        try
        {
            await changed.WaitAsync(untilBookmark, api.Time, cancel);
        }
        catch (TimeoutException)
        {
        }
    }

    private DateTimeOffset NextBookmark(DateTimeOffset started, DateTimeOffset now, TimeSpan duration)
    {
        var beforeEnd = started + duration - BookmarkBeforeEnd;
        var regular = now + bookmarkInterval;
        return now < beforeEnd && beforeEnd < regular && duration > 2 * BookmarkBeforeEnd ? beforeEnd : regular;
    }

    private async Task FaultyEventAsync(PipeWriter output, SeenChange seen, CancellationToken cancel)
    {
        if (faults.TakeLateEvent() is { } delay)
        {
            await output.FlushAsync(cancel);
            await Task.Delay(delay, api.Time, cancel);
        }
        if (faults.TakeTruncation())
        {
            byte[] line = Encoding.UTF8.GetBytes($"{{\"type\":\"{seen.Type}\",\"object\":{{\"apiVersion\":\"{resource.ApiVersion}\",\"ki");
            await output.WriteAsync(line, cancel);
            await output.FlushAsync(cancel);
            throw new ConnectionDroppedException();
        }
        await EventAsync(output, seen, cancel);
        if (faults.TakeDuplicate()) await EventAsync(output, seen, cancel);
    }

    /// <summary>Buffers an event; what has gathered goes out when it is much, and at the end of each batch.</summary>
    private ValueTask<FlushResult> EventAsync(PipeWriter output, SeenChange seen, CancellationToken cancel)
    {
        Encoding.UTF8.GetBytes($"{{\"type\":\"{seen.Type}\",\"object\":", output);
        bool asStored = shape.Shape == ResponseShape.Object && seen.StampedRevision == 0 && resource.View is null;
        var json = asStored ? seen.Object.Utf8 : StoredObject.Serialise(Shaped(filter.Show(seen)));
        output.Write(json.Span);
        output.Write("}\n"u8);
        unflushed += json.Length;
        if (unflushed < FlushAfterBytes) return default;
        unflushed = 0;
        return output.FlushAsync(cancel);
    }

    private JsonObject Shaped(JsonObject obj)
    {
        switch (shape.Shape)
        {
            case ResponseShape.Table:
                var table = TableRenderer.Render(resource, [obj], ResponseWriter.TableMetadata(obj.ResourceVersion()), includeObject, api.Now, !columnsSent);
                columnsSent = true;
                return table;
            case ResponseShape.PartialMetadata or ResponseShape.PartialMetadataList:
                return PartialMetadata.Of(obj);
            default:
                return obj;
        }
    }

    private void Bookmark(PipeWriter output, long revision, bool initialEnd)
    {
        var metadata = new JsonObject { ["resourceVersion"] = revision.ToString(CultureInfo.InvariantCulture) };
        if (!resource.Custom) metadata["creationTimestamp"] = null;
        if (initialEnd) metadata["annotations"] = new JsonObject { ["k8s.io/initial-events-end"] = "true" };
        var obj = new JsonObject { ["kind"] = resource.Kind, ["apiVersion"] = resource.ApiVersion, ["metadata"] = metadata };
        Encoding.UTF8.GetBytes("{\"type\":\"BOOKMARK\",\"object\":", output);
        var shaped = shape.Shape == ResponseShape.Table
            ? TableRenderer.Render(resource, [obj], ResponseWriter.TableMetadata(obj.ResourceVersion()), includeObject, api.Now, withColumns: !columnsSent)
            : Shaped(obj);
        output.Write(StoredObject.Serialise(shaped));
        output.Write("}\n"u8);
    }

    private static async Task ExpiredAsync(PipeWriter output, long revision, long lost, CancellationToken cancel)
    {
        var status = ApiErrors.Expired($"too old resource version: {revision.ToString(CultureInfo.InvariantCulture)} ({lost.ToString(CultureInfo.InvariantCulture)})").ToStatus();
        Encoding.UTF8.GetBytes("{\"type\":\"ERROR\",\"object\":", output);
        output.Write(StoredObject.Serialise(status));
        output.Write("}\n"u8);
        await output.FlushAsync(cancel);
    }
}
