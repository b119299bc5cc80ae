namespace Nemotron.Lab.Storage;

/// <summary>
/// The last changes of one table, oldest first, up to a number and a size. Readers keep a position (a count of changes since the beginning)
/// instead of a queue of their own, so a slow reader costs nothing: it finds its position fallen out and is told so.
/// Not thread-safe: the store's lock guards it.
/// </summary>
/// <param name="capacity">The most changes kept.</param>
/// <param name="bytes">The most bytes of JSON kept; the newest <see cref="FewestKept"/> changes stay whatever their size.</param>
internal sealed class EventHistory(int capacity, long bytes)
{
    /// <summary>Changes that stay whatever their size.</summary>
    public const int FewestKept = 16;

    private StoreEvent[] ring = new StoreEvent[16];
    private int head;
    private int count;
    private long held;
    private long firstPosition;

    /// <summary>The position after the newest change.</summary>
    public long End => firstPosition + count;

    /// <summary>The newest revision that has fallen out; a reader from before it has lost changes. 0 when nothing has.</summary>
    public long LostThrough { get; private set; }

    public void Add(in StoreEvent change)
    {
        if (count == capacity) DropOldest();
        held += change.Current.Utf8.Length;
        while (held > bytes && count >= FewestKept) DropOldest();
        if (count == ring.Length) Grow();
        ring[(head + count) % ring.Length] = change;
        count++;
    }

    /// <summary>Forgets all changes up to and including <paramref name="revision"/>.</summary>
    public void Compact(long revision)
    {
        while (count > 0 && ring[head].Revision <= revision) DropOldest();
        LostThrough = Math.Max(LostThrough, revision);
    }

    /// <summary>The position of the first change after <paramref name="revision"/>.</summary>
    public long PositionAfter(long revision)
    {
        int low = 0, high = count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (At(middle).Revision > revision) high = middle;
            else low = middle + 1;
        }
        return firstPosition + low;
    }

    /// <summary>Copies changes from <paramref name="position"/> on; false when that position has fallen out.</summary>
    public bool TryRead(long position, Span<StoreEvent> into, out int read)
    {
        read = 0;
        if (position < firstPosition) return false;
        int start = (int)(position - firstPosition);
        read = Math.Min(count - start, into.Length);
        for (int i = 0; i < read; i++) into[i] = At(start + i);
        return true;
    }

    /// <summary>Changes newest first.</summary>
    public IEnumerable<StoreEvent> Backwards()
    {
        for (int i = count - 1; i >= 0; i--) yield return At(i);
    }

    private StoreEvent At(int index) => ring[(head + index) % ring.Length];

    private void DropOldest()
    {
        LostThrough = Math.Max(LostThrough, ring[head].Revision);
        held -= ring[head].Current.Utf8.Length;
        ring[head] = default;
        head = (head + 1) % ring.Length;
        count--;
        firstPosition++;
    }

    private void Grow()
    {
        var larger = new StoreEvent[Math.Min(capacity, ring.Length * 2)];
        for (int i = 0; i < count; i++) larger[i] = At(i);
        ring = larger;
        head = 0;
    }
}
