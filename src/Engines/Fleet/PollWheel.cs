namespace Nemotron.Engines.Fleet;

/// <summary>
/// Spreads things evenly over one turn: a wheel of slots, each new thing in one of the emptiest. A turn visits each slot once, so each
/// thing once. Which of the emptiest is drawn by the seed, so that wheels with different seeds do not beat in step.
/// </summary>
internal sealed class PollWheel<T>(int slots, int seed)
    where T : class
{
    private readonly List<T>[] _slots = [.. Enumerable.Range(0, slots).Select(_ => new List<T>())];
    private readonly Random _random = new(seed);
    private long _position = -1;

    /// <summary>How many slots one turn has.</summary>
    public int Slots => slots;

    /// <summary>How many things each slot holds.</summary>
    public IReadOnlyList<int> Filled => [.. _slots.Select(s => s.Count)];

    /// <summary>Puts a thing into one of the emptiest slots and returns which.</summary>
    public int Add(T thing)
    {
        var least = _slots.Min(s => s.Count);
        var nth = _random.Next(_slots.Count(s => s.Count == least));
        var slot = 0;
        for (; ; slot++)
            if (_slots[slot].Count == least && nth-- == 0) break;
        _slots[slot].Add(thing);
        return slot;
    }

    /// <summary>Takes a thing out of the slot that <see cref="Add"/> returned.</summary>
    public void Remove(int slot, T thing) => _slots[slot].Remove(thing);

    /// <summary>Turns to <paramref name="position"/> (slots passed since the start) and adds what the passed slots hold to <paramref name="due"/>; after a long pause one turn is made up for, not all.</summary>
    public void TurnTo(long position, List<T> due)
    {
        var from = Math.Max(_position + 1, position - slots + 1);
        for (var p = from; p <= position; p++) due.AddRange(_slots[(int)(p % slots)]);
        _position = Math.Max(_position, position);
    }
}
