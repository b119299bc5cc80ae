namespace Nemotron.Planning.Serving;

/// <summary>Requests that wait, first come, first served; a preempted one goes back to the front. A ring that grows.</summary>
internal sealed class WaitingQueue
{
    private int[] _ring = new int[64];
    private int _head;

    public int Count { get; private set; }

    public int Peek() => _ring[_head];

    public void PushBack(int slot)
    {
        Grow();
        _ring[(_head + Count++) & (_ring.Length - 1)] = slot;
    }

    public void PushFront(int slot)
    {
        Grow();
        _head = (_head - 1) & (_ring.Length - 1);
        _ring[_head] = slot;
        Count++;
    }

    public int Pop()
    {
        var slot = _ring[_head];
        _head = (_head + 1) & (_ring.Length - 1);
        Count--;
        return slot;
    }

    public void Remove(int slot)
    {
        // Cancelled requests are few; those behind move up.
        for (int i = 0, kept = 0, count = Count; i < count; i++)
        {
            var at = _ring[(_head + i) & (_ring.Length - 1)];
            if (at == slot) Count--;
            else _ring[(_head + kept++) & (_ring.Length - 1)] = at;
        }
    }

    private void Grow()
    {
        if (Count < _ring.Length) return;
        var larger = new int[2 * _ring.Length];
        for (var i = 0; i < Count; i++) larger[i] = _ring[(_head + i) & (_ring.Length - 1)];
        _ring = larger;
        _head = 0;
    }
}
