using System.Collections.Concurrent;

namespace Nemotron.Controllers.Deployments;

/// <summary>
/// Lets counts that change several times within a moment be written once: while pods are created and counted, each step would be
/// a write that nobody waits for. What somebody waits for is written at once.
/// </summary>
/// <param name="window">How long a difference may wait to be joined by others.</param>
internal sealed class StatusPace(TimeSpan window)
{
    private readonly ConcurrentDictionary<string, DateTimeOffset> _since = new();

    /// <summary>How long the status of an object is to wait; null writes now.</summary>
    /// <param name="uid">The object.</param>
    /// <param name="differs">Whether there is anything to write.</param>
    /// <param name="urgent">Whether somebody waits for it.</param>
    /// <param name="now">The time.</param>
    public TimeSpan? Wait(string uid, bool differs, bool urgent, DateTimeOffset now)
    {
        if (!differs || urgent)
        {
            _since.TryRemove(uid, out _);
            return null;
        }

        var left = _since.GetOrAdd(uid, now) + window - now;
        if (left > TimeSpan.Zero) return left;
        _since.TryRemove(uid, out _);
        return null;
    }

    /// <summary>Forgets an object that is gone.</summary>
    public void Forget(string uid) => _since.TryRemove(uid, out _);
}
