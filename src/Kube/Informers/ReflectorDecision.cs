using System.Globalization;
using System.Net;
using System.Text.Json;
using k8s.Autorest;

namespace Nemotron.Kube;

/// <summary>What to do after list or watch failed.</summary>
/// <param name="Relist">The known version is of no use any more: take a new list and compare.</param>
/// <param name="WithoutWatchList">The server cannot stream lists: use LIST from now on.</param>
/// <param name="AtLeast">The server asks to wait this long.</param>
/// <param name="AtMost">Waiting longer than this would be felt.</param>
/// <param name="Immediately">No need to wait at all.</param>
internal readonly record struct ReflectorDecision(
    bool Relist = false, bool WithoutWatchList = false, TimeSpan AtLeast = default, TimeSpan? AtMost = null, bool Immediately = false)
{
    /// <summary>A missing resource type is asked for at least this often, since somebody is about to install it.</summary>
    internal static readonly TimeSpan MissingTypeRetry = TimeSpan.FromSeconds(5);

    /// <summary>Failures in a row, each answered by the server, after which the known version is under suspicion.</summary>
    internal const int SuspectVersionAfter = 3;

    /// <summary>Decides.</summary>
    /// <param name="error">What happened.</param>
    /// <param name="streamingList">Whether it happened before a streamed list was complete.</param>
    /// <param name="answeredFailures">Failures in a row, this one included, that the server answered (not: no connection).</param>
    internal static ReflectorDecision For(Exception error, bool streamingList, int answeredFailures)
    {
        switch (error)
        {
            case WatchStatusException { IsExpired: true }:
            case HttpOperationException { Response.StatusCode: HttpStatusCode.Gone }:
                return new ReflectorDecision(Relist: true, Immediately: answeredFailures <= 1);
            case WatchListIncompleteException:
                return new ReflectorDecision(Relist: true, WithoutWatchList: true, Immediately: true);
            case VersionWentBackException:
                // Not at once: a server that keeps sending late events must not be asked for list after list.
                return new ReflectorDecision(Relist: true);
            case HttpOperationException { Response.StatusCode: HttpStatusCode.UnprocessableEntity or HttpStatusCode.BadRequest } when streamingList:
                return new ReflectorDecision(Relist: true, WithoutWatchList: true, Immediately: true);
            case HttpOperationException { Response.StatusCode: HttpStatusCode.NotFound }:
                return new ReflectorDecision(Relist: true, AtMost: MissingTypeRetry);
            case HttpOperationException http when http.Response?.StatusCode is { } status:
                var tooLarge = http.Response.Content?.Contains("Too large resource version", StringComparison.Ordinal) == true;
                var suspect = (int)status is 400 or 422 or >= 500 && answeredFailures >= SuspectVersionAfter;
                return new ReflectorDecision(Relist: streamingList || tooLarge || suspect, AtLeast: RetryAfter(http));
            case WatchStatusException watch:
                var unknown = watch.Message.Contains("Too large resource version", StringComparison.Ordinal);
                return new ReflectorDecision(Relist: streamingList || unknown || answeredFailures >= SuspectVersionAfter);
            case JsonException:
                // A line that is whole and yet no JSON: the next attempt reads the same events again; if that does not help, a new list may.
                return new ReflectorDecision(Relist: streamingList || answeredFailures >= SuspectVersionAfter);
            default:
                return new ReflectorDecision(Relist: streamingList);
        }
    }

    /// <summary>The <c>Retry-After</c> header in seconds; zero when there is none.</summary>
    internal static TimeSpan RetryAfter(HttpOperationException error) =>
        error.Response?.Headers is { } headers
        && headers.FirstOrDefault(h => string.Equals(h.Key, "Retry-After", StringComparison.OrdinalIgnoreCase)).Value?.FirstOrDefault() is { } text
        && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(seconds)
            : TimeSpan.Zero;
}

/// <summary>The server took the request for a streamed list and never said that the list is complete.</summary>
internal sealed class WatchListIncompleteException(string message) : Exception(message);

/// <summary>An event or bookmark is older than what has been seen: the server lost data (restored from a backup, or started anew).</summary>
internal sealed class VersionWentBackException(string seen, string got)
    : Exception($"Resource versions went back from {seen} to {got}: the API server has lost data.");
