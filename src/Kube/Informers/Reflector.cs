using System.Buffers;
using System.IO.Pipelines;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Nemotron.Kube;

/// <summary>
/// Keeps a scope of an informer's cache like the API server: one whole list (streamed, or in pages where the server cannot), then watches that follow one another
/// from the last seen version, and a new list with comparison when that version is lost. Never gives up; says in <see cref="InformerScope.Trouble"/> what is wrong.
/// </summary>
internal sealed class Reflector<T>(
    Informer<T> informer, InformerScope scope, KubeApi api, string missingResourceHint, TimeProvider time, Jitter jitter, ILogger logger)
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>How long a streamed list may pause before its server is taken for one that knows no streamed lists.</summary>
    internal static readonly TimeSpan WatchListPatience = TimeSpan.FromSeconds(10);

    /// <summary>How long the answer to a request may take to begin.</summary>
    internal static readonly TimeSpan HeadersPatience = TimeSpan.FromSeconds(30);

    /// <summary>How much longer than agreed a watch may last before its connection is taken for dead.</summary>
    internal static readonly TimeSpan WatchdogGrace = TimeSpan.FromSeconds(30);

    // Most events fit: what lies in one piece is parsed twice as fast.
    private static readonly StreamPipeReaderOptions Buffers = new(bufferSize: 16 * 1024);

    private static readonly TimeSpan SuspiciouslyShort = TimeSpan.FromSeconds(1);

    private readonly WatchLineParser<T> parser = new(informer.Options);
    private readonly Backoff backoff = new(time, jitter);
    private readonly string path = informer.Type.CollectionPath(scope.Namespace);
    private readonly string what = scope.Describe(informer.Resource);
    private bool useWatchList = true;
    private string? version;
    private bool streamingList;
    private bool mayBeAnotherServer;
    private int answeredFailures;
    private long eventsOfThisWatch;

    /// <summary>Runs until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var delay = TimeSpan.Zero;
            try
            {
                if (version is null && !useWatchList)
                {
                    var list = await List().ReadAsync(cancellationToken);
                    Complete(list.Items, list.Unreadable, list.ResourceVersion);
                }

                var started = time.GetTimestamp();
                var agreed = await WatchAsync(cancellationToken);
                answeredFailures = 0;
                var lasted = time.GetElapsedTime(started);
                mayBeAnotherServer = lasted < agreed - WatchdogGrace;
                if (eventsOfThisWatch == 0 && lasted < SuspiciouslyShort)
                {
                    delay = backoff.Next();
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // Whatever happens to list and watch, the informer goes on; the reason is kept for people to see.
            catch (Exception e)
#pragma warning restore CA1031
            {
                delay = AfterFailure(e);
            }

            if (delay > TimeSpan.Zero)
            {
                try
                {
                    await Task.Delay(delay, time, cancellationToken);
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }
        }
    }

    private TimeSpan AfterFailure(Exception error)
    {
        mayBeAnotherServer = true;
        answeredFailures = error is HttpRequestException or IOException or TimeoutException ? 0 : answeredFailures + 1;
        var decision = ReflectorDecision.For(error, streamingList, answeredFailures);
        streamingList = false;
        if (decision.WithoutWatchList)
        {
            useWatchList = false;
        }

        if (decision.Relist)
        {
            version = null;
        }

        if (informer.Options.Optional && ApiErrors.StatusOf(error) == System.Net.HttpStatusCode.NotFound)
        {
            // No type, no objects. Handlers hear of those that went with it.
            informer.ReplaceByNothing(scope);
            ReflectorLog.NotInstalled(logger, what);
            return Backoff.Longest * (1 + jitter.NextDouble());
        }

        if (decision.Immediately)
        {
            ReflectorLog.Relisting(logger, what, error.Message);
            return TimeSpan.Zero;
        }

        var sentence = ApiErrors.Describe(error, missingResourceHint);
        if (scope.Trouble != sentence)
        {
            // Once per trouble, not once per attempt.
            ReflectorLog.Trouble(logger, what, sentence);
            scope.Trouble = sentence;
        }

        var delay = backoff.Next();
        delay = decision.AtMost is { } most && delay > most ? most * (0.5 + (0.5 * jitter.NextDouble())) : delay;
        return delay > decision.AtLeast ? delay : decision.AtLeast;
    }

    private void Recovered()
    {
        if (scope.Trouble is not null)
        {
            scope.Trouble = null;
            ReflectorLog.Recovered(logger, what);
        }
    }

    private PagedList<T> List() => new(informer.Options, api, path, what, parser, time);

    /// <summary>
    /// A watch from a version that is still to come is silent until it has come: a server that restarted without its data would be taken for a quiet one.
    /// </summary>
    private async Task EnsureServerKnowsVersionAsync(CancellationToken cancellationToken)
    {
        var now = await List().ReadVersionAsync(cancellationToken);
        if (ResourceVersions.CertainlyOlder(now, version))
        {
            throw new VersionWentBackException(version!, now);
        }

        mayBeAnotherServer = false;
    }

    /// <summary>One watch, to its end. Without a known version it begins with a streamed list.</summary>
    /// <returns>How long the server was asked to keep it.</returns>
    private async Task<TimeSpan> WatchAsync(CancellationToken cancellationToken)
    {
        eventsOfThisWatch = 0;
        streamingList = version is null;
        var seconds = 300 + (int)(jitter.NextDouble() * 300);
        var agreed = TimeSpan.FromSeconds(seconds);
        var query = new QueryText(path).Selectors(informer.Options.LabelSelector, informer.Options.FieldSelector)
            .Add("watch", "true").Add("allowWatchBookmarks", "true").Add("timeoutSeconds", seconds.ToString());
        if (streamingList)
        {
            query.Add("sendInitialEvents", "true").Add("resourceVersionMatch", "NotOlderThan");
        }
        else
        {
            query.Add("resourceVersion", version!);
        }

        var begun = false;
        using var watchdog = new CancellationTokenSource(HeadersPatience, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, watchdog.Token);
        try
        {
            using var response = await api.OpenAsync(query.ToString(), linked.Token);
            begun = true;
            watchdog.CancelAfter(streamingList ? WatchListPatience : agreed + WatchdogGrace);
            if (!streamingList)
            {
                // After the watch has begun: asked before, the answer might be another server's.
                if (mayBeAnotherServer)
                {
                    await EnsureServerKnowsVersionAsync(linked.Token);
                }

                Recovered();
            }

            var reader = PipeReader.Create(await response.Content.ReadAsStreamAsync(linked.Token), Buffers);
            try
            {
                await ReadLinesAsync(reader, watchdog, agreed + WatchdogGrace, linked.Token);
            }
            finally
            {
                await reader.CompleteAsync();
            }

            return agreed;
        }
        catch (OperationCanceledException) when (watchdog.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw streamingList && begun
                ? new WatchListIncompleteException($"{what}: the streamed list paused for {WatchListPatience.TotalSeconds:0} s.")
                : new TimeoutException($"the watch of {what} went silent.");
        }
    }

    private async Task ReadLinesAsync(PipeReader reader, CancellationTokenSource watchdog, TimeSpan longest, CancellationToken cancellationToken)
    {
        Dictionary<NamespacedName, T>? initial = streamingList ? [] : null;
        var unreadable = new Dictionary<NamespacedName, string>();
        while (true)
        {
            var result = await reader.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            while (TryReadLine(ref buffer, out var line))
            {
                var parsed = parser.Parse(line);
                eventsOfThisWatch++;
                if (initial is null)
                {
                    Apply(parsed);
                }
                else if (Collect(parsed, initial, unreadable))
                {
                    Complete([.. initial.Values], unreadable, parsed.Identity!.ResourceVersion);
                    initial = null;
                    watchdog.CancelAfter(longest);
                }
                else
                {
                    watchdog.CancelAfter(WatchListPatience);
                }
            }

            reader.AdvanceTo(buffer.Start, buffer.End);
            if (!result.IsCompleted)
            {
                continue;
            }

            if (initial is not null)
            {
                throw new WatchListIncompleteException($"{what}: the streamed list ended before it was complete.");
            }

            // What is left is a line that was cut off; the next watch, from the last whole event's version, brings it again.
            return;
        }
    }

    /// <summary>
    /// Takes an event of a streamed list; true when it was the last. Changes and deletions that happen while the list is streamed come before its end.
    /// </summary>
    private static bool Collect(WatchLine<T> line, Dictionary<NamespacedName, T> initial, Dictionary<NamespacedName, string> unreadable)
    {
        if (line.Kind == WatchLineKind.Error)
        {
            throw Failure(line.Status!);
        }

        if (line.Kind == WatchLineKind.Bookmark)
        {
            return line.EndsInitialEvents;
        }

        var key = line.Object is { } named ? NamespacedName.Of(named) : KeyOf(line.Identity!);
        initial.Remove(key);
        unreadable.Remove(key);
        if (line.Kind == WatchLineKind.Upsert && line.Object is { } obj)
        {
            initial.Add(key, obj);
        }
        else if (line.Kind == WatchLineKind.Upsert)
        {
            unreadable.Add(key, line.Unreadable!);
        }

        return false;
    }

    private void Apply(WatchLine<T> line)
    {
        answeredFailures = 0;
        switch (line.Kind)
        {
            case WatchLineKind.Error:
                throw Failure(line.Status!);
            case WatchLineKind.Bookmark:
                RefuseToGoBack(line.Identity!.ResourceVersion);
                Follow(line.Identity.ResourceVersion);
                informer.Bookmark(scope, line.Identity.ResourceVersion);
                break;
            case WatchLineKind.Upsert when line.Object is { } obj:
                RefuseToGoBack(obj.Metadata.ResourceVersion);
                Follow(obj.Metadata.ResourceVersion);
                informer.Upsert(obj);
                break;
            case WatchLineKind.Deleted when line.Object is { } obj:
                Follow(obj.Metadata.ResourceVersion);
                informer.Remove(obj);
                break;
            case WatchLineKind.Deleted:
                Follow(line.Identity!.ResourceVersion);
                informer.RemoveUnreadable(KeyOf(line.Identity), line.Identity.Uid, line.Identity.ResourceVersion);
                break;
            default:
                Follow(line.Identity!.ResourceVersion);
                ReflectorLog.Unreadable(logger, what, KeyOf(line.Identity), line.Unreadable!);
                informer.MarkUnreadable(KeyOf(line.Identity), line.Identity.ResourceVersion, line.Unreadable!);
                break;
        }
    }

    /// <summary>
    /// A server never sends an event older than the last: one that does lost its data and counts anew, so that what is cached may not exist any more.
    /// Deletions are not judged: some servers send them with the object's last version.
    /// </summary>
    private void RefuseToGoBack(string? eventVersion)
    {
        if (ResourceVersions.CertainlyOlder(eventVersion, version))
        {
            throw new VersionWentBackException(version!, eventVersion!);
        }
    }

    /// <summary>Remembers where the next watch goes on.</summary>
    private void Follow(string? eventVersion)
    {
        if (!string.IsNullOrEmpty(eventVersion) && !ResourceVersions.CertainlyOlder(eventVersion, version))
        {
            version = eventVersion;
        }
    }

    private void Complete(List<T> items, Dictionary<NamespacedName, string> unreadable, string listVersion)
    {
        version = listVersion;
        streamingList = false;
        mayBeAnotherServer = false;
        Recovered();
        foreach (var (key, why) in unreadable)
        {
            ReflectorLog.Unreadable(logger, what, key, why);
        }

        informer.Replace(scope, items, unreadable, listVersion);
        ReflectorLog.Listed(logger, what, items.Count, listVersion);
    }

    private static NamespacedName KeyOf(V1ObjectMeta metadata) =>
        new(string.IsNullOrEmpty(metadata.NamespaceProperty) ? null : metadata.NamespaceProperty, metadata.Name);

    private static WatchStatusException Failure(V1Status status) =>
        new(status.Code ?? 500, status.Reason ?? "", status.Message ?? "no reason given");

    private static bool TryReadLine(ref ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> line)
    {
        while (buffer.PositionOf((byte)'\n') is { } end)
        {
            line = buffer.Slice(0, end);
            buffer = buffer.Slice(buffer.GetPosition(1, end));
            if (!line.IsEmpty)
            {
                return true;
            }
        }

        line = default;
        return false;
    }
}
