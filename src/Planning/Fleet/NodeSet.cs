using System.Numerics;

namespace Nemotron.Planning.Fleet;

/// <summary>A set of node indexes that is walked in their order: a bit for each.</summary>
/// <param name="capacity">One more than the largest index.</param>
internal sealed class NodeSet(int capacity)
{
    private const int Bits = 64;

    private readonly ulong[] words = new ulong[(capacity + Bits - 1) / Bits];

    /// <summary>Members.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a node that is not there.</summary>
    public void Add(int node)
    {
        words[node / Bits] |= 1UL << (node % Bits);
        Count++;
    }

    /// <summary>Removes a node that is there.</summary>
    public void Remove(int node)
    {
        words[node / Bits] &= ~(1UL << (node % Bits));
        Count--;
    }

    /// <summary>The first member that is not below <paramref name="from"/>; -1 when there is none.</summary>
    public int Next(int from)
    {
        if (Count == 0 || from >= words.Length * Bits) return -1;
        var word = from / Bits;
        var left = words[word] & (ulong.MaxValue << (from % Bits));
        while (left == 0)
        {
            if (++word == words.Length) return -1;
            left = words[word];
        }

        return (word * Bits) + BitOperations.TrailingZeroCount(left);
    }
}
