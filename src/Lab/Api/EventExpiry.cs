using Nemotron.Lab.Storage;

namespace Nemotron.Lab.Api;

/// <summary>Removes Events some time after they were last written, as the real server lets their leases run out (<c>--event-ttl</c>).</summary>
internal sealed class EventExpiry : IDisposable
{
    private readonly ApiContext api;
    private readonly TimeSpan timeToLive;
    private readonly ResourceTable events;
    private readonly ITimer timer;
    private readonly Lock gate = new();
    private readonly Queue<(string? Namespace, string Name, long Revision, DateTimeOffset Due)> written = new();
    private bool closed;

    /// <summary>Expiry by the clock of <paramref name="api"/>.</summary>
    public EventExpiry(ApiContext api, TimeSpan timeToLive)
    {
        this.api = api;
        this.timeToLive = timeToLive;
        events = api.Catalog.Find(new Gvr("", "v1", "events"))!.Table;
        timer = api.Time.CreateTimer(_ => RemoveDue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Takes note of a write.</summary>
    public void Follow(ServedResource resource, StoredObject stored, bool removed)
    {
        if (removed || !ReferenceEquals(resource.Table, events)) return;
        lock (gate)
        {
            if (closed) return;
            written.Enqueue((stored.Namespace, stored.Name, stored.Revision, api.Now + timeToLive));
            if (written.Count == 1) timer.Change(timeToLive, Timeout.InfiniteTimeSpan);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            closed = true;
            timer.Dispose();
        }
    }

    private void RemoveDue()
    {
        lock (gate)
        {
            if (closed) return;
            var now = api.Now;
            while (written.TryPeek(out var next) && next.Due <= now)
            {
                written.Dequeue();
                // An Event told again lives on; that write has a turn of its own.
                if (events.Current.Find(next.Namespace, next.Name) is { } current && current.Revision == next.Revision) Remove(current);
            }
            if (written.TryPeek(out var left)) timer.Change(left.Due - now, Timeout.InfiniteTimeSpan);
        }
    }

    private void Remove(StoredObject current)
    {
        try
        {
            api.Store.Remove(events, current);
        }
        catch (StoreConflictException)
        {
            // Written again or deleted this very moment.
        }
    }
}
