namespace Nemotron.Kube;

/// <summary>An event as published.</summary>
internal sealed record PublishedEvent(
    string ApiVersion, string Kind, string? Namespace, string Name, string Uid, string? ResourceVersion, string Reason, string Message, EventType Type);

/// <summary>What makes two events the same.</summary>
internal readonly record struct EventKey(string Uid, EventType Type, string Reason, string Note);

internal enum EventAction
{
    /// <summary>A new Event object.</summary>
    Create,

    /// <summary>The series of an Event object that exists.</summary>
    Series,

    /// <summary>Counted; to be written later.</summary>
    Later,

    /// <summary>One of a flood.</summary>
    Drop,
}

/// <summary>An Event object that this process has written and may extend.</summary>
internal sealed class EventSeries(EventKey key, PublishedEvent first, string name, DateTimeOffset now)
{
    internal EventKey Key { get; } = key;

    internal PublishedEvent First { get; } = first;

    internal string Name { get; set; } = name;

    internal DateTimeOffset FirstObserved { get; } = now;

    internal DateTimeOffset LastObserved { get; set; } = now;

    internal DateTimeOffset LastWritten { get; set; } = now;

    internal int Count { get; set; } = 1;

    internal bool Unwritten { get; set; }
}

/// <summary>
/// Decides what becomes of an event, so that repetition costs the API server little: the same again is counted in a series, written at most once a minute;
/// more than ten different messages for one reason in ten minutes become one; an object gets 25 new Events at once, then one in five minutes
/// (the limits of client-go's recorder). Not thread-safe.
/// </summary>
internal sealed class EventCorrelator
{
    internal const int SimilarBeforeAggregation = 10;
    internal const int Burst = 25;
    internal const int MostKept = 4096;

    internal static readonly TimeSpan AggregationWindow = TimeSpan.FromMinutes(10);
    internal static readonly TimeSpan RefillInterval = TimeSpan.FromMinutes(5);
    internal static readonly TimeSpan SeriesEndsAfter = TimeSpan.FromMinutes(6);
    internal static readonly TimeSpan SeriesWrittenEvery = TimeSpan.FromMinutes(1);

    private readonly Dictionary<EventKey, EventSeries> series = [];
    private readonly Dictionary<(string Uid, EventType Type, string Reason), Similar> similar = [];
    private readonly Dictionary<string, Bucket> buckets = new(StringComparer.Ordinal);

    /// <summary>Takes an event.</summary>
    internal (EventAction Action, EventSeries? Series) Observe(PublishedEvent published, DateTimeOffset now)
    {
        Forget(now);
        var note = Aggregate(published, now);
        var key = new EventKey(published.Uid, published.Type, published.Reason, note);
        if (series.TryGetValue(key, out var known))
        {
            known.Count++;
            known.LastObserved = now;
            known.Unwritten = true;
            return (now - known.LastWritten >= SeriesWrittenEvery ? EventAction.Series : EventAction.Later, known);
        }

        if (!TakeToken(published.Uid, now))
        {
            return (EventAction.Drop, null);
        }

        var name = $"{Cut(published.Name, 230)}.{now.UtcTicks:x}";
        var created = new EventSeries(key, published with { Message = note }, name, now);
        series.Add(key, created);
        return (EventAction.Create, created);
    }

    /// <summary>Series with counts that are not written yet and may be now.</summary>
    internal IReadOnlyList<EventSeries> Due(DateTimeOffset now) => [.. series.Values.Where(s => s.Unwritten && now - s.LastWritten >= SeriesWrittenEvery)];

    /// <summary>When the next series is due; null when none is waiting.</summary>
    internal DateTimeOffset? NextDue() =>
        series.Values.Where(s => s.Unwritten).Select(s => (DateTimeOffset?)(s.LastWritten + SeriesWrittenEvery)).Min();

    /// <summary>The series has been written.</summary>
    internal static void Written(EventSeries written, DateTimeOffset now)
    {
        written.Unwritten = false;
        written.LastWritten = now;
    }

    /// <summary>The Event object is gone or was never made: the next of its kind is a new one.</summary>
    internal void Lost(EventSeries lost) => series.Remove(lost.Key);

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..length].TrimEnd('.', '-');

    private string Aggregate(PublishedEvent published, DateTimeOffset now)
    {
        var group = (published.Uid, published.Type, published.Reason);
        if (!similar.TryGetValue(group, out var seen) || now - seen.LastSeen > AggregationWindow)
        {
            similar[group] = seen = new Similar();
        }

        seen.LastSeen = now;
        if (seen.Messages.Count <= SimilarBeforeAggregation)
        {
            seen.Messages.Add(published.Message);
        }

        return seen.Messages.Count > SimilarBeforeAggregation && !series.ContainsKey(new EventKey(published.Uid, published.Type, published.Reason, published.Message))
            ? $"(combined from similar events): {seen.FirstCombined ??= published.Message}"
            : published.Message;
    }

    private bool TakeToken(string uid, DateTimeOffset now)
    {
        if (!buckets.TryGetValue(uid, out var bucket))
        {
            buckets[uid] = bucket = new Bucket { Tokens = Burst, At = now };
        }

        bucket.Tokens = Math.Min(Burst, bucket.Tokens + ((now - bucket.At) / RefillInterval));
        bucket.At = now;
        if (bucket.Tokens < 1)
        {
            return false;
        }

        bucket.Tokens--;
        return true;
    }

    private void Forget(DateTimeOffset now)
    {
        if (series.Count + similar.Count + buckets.Count < MostKept)
        {
            foreach (var ended in series.Values.Where(s => !s.Unwritten && now - s.LastObserved > SeriesEndsAfter).ToArray())
            {
                series.Remove(ended.Key);
            }

            return;
        }

        // Too many objects at once: keep the younger half of each.
        Halve(series, s => s.LastObserved);
        Halve(similar, s => s.LastSeen);
        Halve(buckets, b => b.At);
    }

    private static void Halve<TKey, TValue>(Dictionary<TKey, TValue> kept, Func<TValue, DateTimeOffset> age)
        where TKey : notnull
    {
        foreach (var key in kept.OrderBy(p => age(p.Value)).Take(kept.Count / 2).Select(p => p.Key).ToArray())
        {
            kept.Remove(key);
        }
    }

    private sealed class Similar
    {
        internal HashSet<string> Messages { get; } = new(StringComparer.Ordinal);

        internal string? FirstCombined { get; set; }

        internal DateTimeOffset LastSeen { get; set; }
    }

    private sealed class Bucket
    {
        internal double Tokens { get; set; }

        internal DateTimeOffset At { get; set; }
    }
}
